from __future__ import annotations

import asyncio
import io
import re

import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from signalbox.demo.events import Decided, Event, Learned, LevelChanged, Notice, Running, Waiting
from signalbox.demo.screen import Screen
from signalbox.demo.tally import Tally
from signalbox.demo.view import NEXT_STEPS, DemoView
from signalbox.demo.wording import NO_LANGUAGE_MODEL, SCRIPTED_MODEL
from tests.demo.streams import event_streams

START: list[Event] = [
    Running(("tf-idf and linear",), "both evaluators", address="http://127.0.0.1:8000"),
    Learned(3000, 12, 3.25, 0.887, 0.764, 0.047),
]


def console(*, terminal: bool = False) -> Console:
    # An empty environment: where the tests run (CI, a dumb terminal) must not matter.
    return Console(
        file=io.StringIO(), width=80, height=24, force_terminal=terminal, _environ={},
        color_system="standard" if terminal else None,
    )  # fmt: skip


def printed(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def played(events: list[Event], target: Console, every: int = 200) -> str:
    with DemoView(target, every=every) as view:
        for event in events:
            view.show(event)
    return printed(target)


def figure(out: str, name: str) -> list[float]:
    line = next(x for x in out.splitlines() if x.strip().startswith(name))
    return [float(x) for x in re.findall(r"\d+(?:\.\d+)?", line.removeprefix("  " + name))]


@settings(max_examples=40, deadline=None)
@given(event_streams())
def test_the_printed_summary_equals_the_events(events: list[Event]) -> None:
    out = played(events, console())
    out = out[out.rindex("What was measured:") :]
    alone = [e for e in events if isinstance(e, Decided)]
    asked = [e for e in events if isinstance(e, Waiting)]
    assert figure(out, "Tasks")[0] == len(alone) + len(asked)
    assert figure(out, "Decided alone")[0] == len(alone)
    right = sum(e.team == e.true_team for e in alone)
    if alone:
        assert figure(out, "Right among those")[:2] == [right, round(100 * right / len(alone), 1)]
    assert figure(out, "Sent to a person")[0] == len(asked)
    assert out.rstrip().endswith(NEXT_STEPS[-1])


@settings(max_examples=40, deadline=None)
@given(event_streams())
def test_plain_lines_fit_80_columns_and_cannot_steer_the_terminal(events: list[Event]) -> None:
    out = played(START + events, console())
    assert all(len(line) <= 80 for line in out.splitlines())
    assert all(line.isprintable() for line in out.split("\n"))
    assert NO_LANGUAGE_MODEL in out


SCRIPTED: list[Event] = [
    Running(("router",), "both", language_model="on: r1", address="here", scripted=True),
    Decided("T-1", "no ping", "network", "network", "agent", 2.5, 0.97),
    Waiting("T-2", "login", "identity", "dispatcher", "unsure", 3.0, 0.41, advice="network"),
    Waiting("T-3", "login", "identity", "dispatcher", "unsure", 3.0, 0.41),
]


def test_what_is_scripted_is_marked_in_banner_lines_and_summary() -> None:
    lines = played(SCRIPTED, console()).splitlines()
    assert f"Language model: {SCRIPTED_MODEL}" in lines
    (decided,) = [line for line in lines if line.startswith("T-1 ")]
    assert "by scripted" in decided
    (advised,) = [line for line in lines if line.startswith("T-2 ")]
    assert "(identity? p=0.41; scripted: network)" in advised
    (alone,) = [line for line in lines if line.startswith("T-3 ")]
    assert "scripted" not in alone
    closing = lines[lines.index("What was measured:") :]
    assert f"  Language model      {SCRIPTED_MODEL}:" in closing
    assert "                      2 proposals, 1 acted on alone" in closing
    assert "  Decided by          scripted 1" in closing


def test_what_is_scripted_is_marked_on_the_screen() -> None:
    screen, tally, target = Screen(), Tally(), console()
    for event in SCRIPTED:
        tally.add(event)
        screen.take(event)
    target.print(screen.draw(tally, width=80, height=24))
    lines = printed(target).splitlines()
    assert any(SCRIPTED_MODEL in line for line in lines)
    rows = [line.split() for line in lines if line.startswith(("T-1", "T-2", "T-3"))]
    assert [row[5 if row[0] == "T-1" else 4] for row in rows[:3]] == [
        "scripted",
        "scripted",
        "asks",
    ]
    assert any("scripted says" in line for line in lines)
    assert [row[-1] for row in rows[3:]] == ["network", "-"]
    assert all(cell_len(line) <= 80 for line in lines)


def test_a_model_that_is_one_is_not_called_scripted() -> None:
    start = Running(("router",), "both", language_model="on: r1 at host", address="here")
    out = played([start, *SCRIPTED[1:]], console())
    assert "Language model: on: r1 at host" in out
    assert "agent: network" in out and "scripted" not in out.lower()


def test_plain_lines_are_few() -> None:
    tasks: list[Event] = [
        Decided(f"T-{i}", "no ping", "network", "network", "model", 2.0, 0.97) for i in range(1000)
    ]
    out = played(START + tasks, console(), every=250)
    assert len(out.splitlines()) < 30
    assert out.count("1000 tasks, alone 100.0%") == 1


def test_notices_and_levels_are_told() -> None:
    out = played(
        [Notice("the roll-out begins", "drift"), LevelChanged("automatic", "suggest", "bound")],
        console(),
    )
    assert "[drift] the roll-out begins" in out
    assert "Autonomy automatic -> suggest: bound" in out


@settings(max_examples=15, deadline=None)
@given(event_streams())
def test_the_screen_fits_80_by_24(events: list[Event]) -> None:
    screen, tally, target = Screen(), Tally(), console()
    for event in START + events:
        tally.add(event)
        screen.take(event)
    target.print(screen.draw(tally, width=80, height=24))
    lines = printed(target).splitlines()
    assert len(lines) <= 24
    assert all(cell_len(line) <= 80 for line in lines)
    assert any(f"Approvals waiting: {len(tally.open)}" in line for line in lines)


def test_the_screen_shows_who_decided_what_and_who_should_look() -> None:
    screen, tally, target = Screen(), Tally(), console()
    for event in (
        Decided("T-1", "[bold]no ping", "network", "network", "rule", 2.5, 0.97, "vip-first"),
        Waiting("T-2", "login", "identity", "access leads", "unsure", 3.0, 0.41),
    ):
        tally.add(event)
        screen.take(event)
    target.print(screen.draw(tally, width=80, height=24))
    out = printed(target)
    for words in ("[bold]no ping", "vip-first", "0.97", "2.5", "access leads", "0.41"):
        assert words in out


def test_a_terminal_gets_a_live_screen_and_is_left_clean() -> None:
    out = played(START, console(terminal=True))
    assert "\x1b[?25l" in out
    assert out.rindex("\x1b[?25h") < out.rindex("What was measured:")
    assert "\x1b" not in out[out.rindex("What was measured:") :]


@pytest.mark.parametrize("terminal", [True, False])
def test_ctrl_c_ends_quietly_with_the_summary(terminal: bool) -> None:
    target = console(terminal=terminal)
    with DemoView(target) as view:
        view.show(Decided("T-1", "no ping", "network", "network", "model", 2.0))
        raise KeyboardInterrupt
    assert "Stopped by hand" in printed(target)
    assert figure(printed(target), "Decided alone")[0] == 1


def test_a_cancelled_coroutine_gets_its_summary_and_stays_cancelled() -> None:
    target = console()
    with pytest.raises(asyncio.CancelledError), DemoView(target):
        raise asyncio.CancelledError
    assert "Stopped by hand" in printed(target)


def test_an_error_passes_without_a_summary() -> None:
    target = console(terminal=True)
    with pytest.raises(RuntimeError, match="broken"), DemoView(target):
        raise RuntimeError("broken")
    assert "measured" not in printed(target)
    assert "\x1b[?25h" in printed(target)


def test_an_old_encoding_gets_plain_words_it_can_hold() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    target = Console(file=file, width=80, force_terminal=True, _environ={})
    with DemoView(target) as view:
        for i in range(60):
            view.show(Decided(f"T-{i}", "Grüße", "network", "network", "model", 2.0))
    out = raw.getvalue().decode("ascii")
    assert "Gr??e" in out
    assert "Accuracy over time  #" in out
    assert "\x1b[?25l" not in out
