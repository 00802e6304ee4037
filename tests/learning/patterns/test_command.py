"""The command from a file to its findings, and the logs and options it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from guardrails.soundness import check
from signalbox.cli import app
from signalbox.domain.errors import BadInput
from signalbox.domain.template import Template
from tests.learning.durations.logs import as_csv, made_up

NAMED = ["--case", "case", "--activity", "activity", "--timestamp", "time"]
KEYS = {
    "cases", "variants", "bottlenecks", "rework", "handovers", "suggested_template",
}  # fmt: skip


def invoke(log: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["mine", "--log", str(log), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def run(log: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke(log, *options, "--json"))
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs") / "ticket desk.csv"
    path.write_text(as_csv(made_up(200)))
    return path


def test_everything_is_told_in_one_object(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "desk.yaml"
    result = run(log, *NAMED, "--start", "begun", "--resource", "who", "--out", str(out))
    assert result.keys() >= KEYS
    assert result["cases"] == 200
    assert sum(one["count"] for one in result["variants"]) == 200
    assert result["bottlenecks"]["measure"] == "waiting"
    assert result["handovers"]["count"] > 0
    told = result["suggested_template"]
    assert told["sound"] is True and told["findings"] == []
    assert told["fitness_held_out"]["cases"] == 40
    names = {one.get("name", one["id"]) for one in told["template"]["activities"]}
    assert names | set(told["left_out"]) == {"open", "simple", "hard", "work", "close"}
    assert not names & set(told["left_out"])
    written = Template.model_validate(yaml.safe_load(out.read_text()))
    assert written == Template.model_validate(told["template"])
    assert written.name == "ticket-desk"
    assert check(written).findings == ()
    assert [path.name for path in tmp_path.iterdir()] == ["desk.yaml"]


def test_what_is_missing_is_said(log: Path) -> None:
    result = run(log, *NAMED)
    assert result["handovers"] is None
    assert result["bottlenecks"]["measure"] == "elapsed"
    assert [note for note in result["notes"] if "--resource" in note]
    assert [note for note in result["notes"] if "no starts" in note]


def test_the_same_log_gives_the_same_findings_in_any_order_of_rows(
    log: Path, tmp_path: Path
) -> None:
    header, *rows = log.read_text().splitlines()
    other = tmp_path / log.name
    other.write_text("\n".join([header, *reversed(rows)]) + "\n")
    one, two = (run(path, *NAMED, "--resource", "who") for path in (log, other))
    for found in (one, two):
        del found["seconds"], found["notes"]
    assert one == two


def test_top_cuts_lists_but_not_the_template(log: Path) -> None:
    whole, cut = run(log, *NAMED), run(log, *NAMED, "--top", "1")
    assert len(whole["variants"]) > 1
    assert cut["variants"] == whole["variants"][:1]
    assert cut["bottlenecks"]["activities"] == whole["bottlenecks"]["activities"][:1]
    assert cut["suggested_template"] == whole["suggested_template"]
    assert cut["variants"][0]["activities"] == whole["variants"][0]["activities"]


def test_prose_for_people(log: Path) -> None:
    shown = invoke(log, *NAMED, "--resource", "who")
    for part in ("most frequent variants:", "rework:", "handovers:", "suggested template: sound"):
        assert part in shown


def test_names_give_no_orders_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = [f"{case},\x1b[2Jx,2026-01-0{day}" for case in range(3) for day in (1, 2)]
    path.write_text("case,activity,time\n" + "\n".join(rows) + "\n")
    assert "\x1b" not in invoke(path, *NAMED)


@pytest.mark.parametrize("cases", [1, 3])
def test_the_smallest_logs_are_mined(tmp_path: Path, cases: int) -> None:
    path = tmp_path / "log.csv"
    rows = [f"{case},x,2026-01-01" for case in range(cases)]
    path.write_text("case,activity,time\n" + "\n".join(rows) + "\n")
    result = run(path, *NAMED)
    assert result["cases"] == cases
    assert result["bottlenecks"]["transitions"] == []
    assert result["suggested_template"]["fitness_held_out"] is None
    assert result["suggested_template"]["template"]["flows"] == ["start -> x -> end"]


def test_free_text_is_no_activity_and_gives_no_template(tmp_path: Path) -> None:
    path, out = tmp_path / "log.csv", tmp_path / "out.yaml"
    rows = [f"{row // 3},said {row},2026-01-01 00:{row % 60:02}" for row in range(1_200)]
    path.write_text("case,activity,time\n" + "\n".join(rows) + "\n")
    result = run(path, *NAMED, "--out", str(out))
    assert result["suggested_template"] is None
    assert [note for note in result["notes"] if "right column" in note]
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--case", "nobody", *NAMED[2:]], "nobody"),
        ([*NAMED, "--resource", "activity"], "two roles"),
        ([*NAMED, "--noise", "1"], "not in"),
        ([*NAMED, "--out", "nowhere/at/all.yaml"], "folder is not there"),
    ],
)
def test_bad_options_are_refused_with_a_fix(log: Path, options: list[str], told: str) -> None:
    with pytest.raises(BadInput, match=told) as refused:
        run(log, *options)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("", "no rows"),
        ("1,a,yesterday\n", "line 2, column 'time'"),
        ("1,a,2026-01-01\n1,,2026-01-02\n", "line 3, column 'activity': empty"),
        (",a,2026-01-01\n", "line 2, column 'case': empty"),
        ("1,a,01/02/2026\n", "line 2, column 'time'"),
    ],
)
def test_bad_logs_are_refused_and_nothing_is_written(tmp_path: Path, rows: str, told: str) -> None:
    path, out = tmp_path / "log.csv", tmp_path / "out.yaml"
    path.write_text("case,activity,time\n" + rows)
    with pytest.raises(BadInput, match=told):
        run(path, *NAMED, "--out", str(out))
    assert not out.exists()
