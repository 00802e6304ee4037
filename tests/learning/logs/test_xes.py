"""XES: traces and life cycles as they are written, and documents that are refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from signalbox.domain.errors import BadInput
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.log import EventLog
from signalbox.learning.logs.reader import read_log


def event(name: str, hour: int, transition: str = "") -> str:
    cycle = f'<string key="lifecycle:transition" value="{transition}"/>' if transition else ""
    return (
        f'<event><string key="concept:name" value="{name}"/>{cycle}\n'
        f'<date key="time:timestamp" value="2026-01-01T{hour:02}:00:00.000+01:00"/></event>\n'
    )


def document(*traces: list[str], head: str = "") -> str:
    told = "".join(
        f'<trace><string key="concept:name" value="case {i}"/>\n{"".join(events)}</trace>\n'
        for i, events in enumerate(traces)
    )
    space = 'xmlns="http://www.xes-standard.org/"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<log {space}>\n{told}</log>\n'


def read(folder: Path, text: str, columns: LogColumns | None = None) -> EventLog:
    path = folder / "log.xes"
    path.write_text(text)
    columns = columns or LogColumns("case:concept:name", "concept:name", "time:timestamp")
    return read_log(path, columns)


def test_traces_are_cases(tmp_path: Path) -> None:
    log = read(tmp_path, document([event("open", 9), event("close", 10)], [event("open", 8)]))
    assert [(t.case, [e.activity for e in t.events]) for t in log.traces] == [
        ("case 1", ["open"]),
        ("case 0", ["open", "close"]),
    ]
    assert log.notes == []


def test_the_name_of_a_case_needs_no_prefix(tmp_path: Path) -> None:
    columns = LogColumns("concept:name", "concept:name", "time:timestamp")
    log = read(tmp_path, document([event("open", 9)]), columns)
    assert (log.traces[0].case, log.traces[0].events[0].activity) == ("case 0", "open")


def test_starts_are_joined_to_the_completions_they_belong_to(tmp_path: Path) -> None:
    steps = [("x", 8, "start"), ("x", 9, "start"), ("x", 10, "complete"), ("x", 12, "COMPLETE")]
    more = [("y", 11, "schedule"), ("z", 13, "start"), ("w", 14, "complete")]
    log = read(tmp_path, document([event(*step) for step in (*steps, *more)]))
    told = [(e.activity, e.start and e.time - e.start) for e in log.traces[0].events]
    two, three = timedelta(hours=2), timedelta(hours=3)
    assert told == [("x", two), ("x", three), ("w", None)]
    assert log.notes[-1:] == ["2 events are no completions of an activity: left out"]


def test_transitions_of_a_vocabulary_of_its_own_are_all_events(tmp_path: Path) -> None:
    log = read(tmp_path, document([event("x", 8, "In Progress"), event("x", 9, "Resolved")]))
    assert log.events == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<html></html>", "root element is 'html'"),
        (document([event("x", 8)], head='<!DOCTYPE log [<!ENTITY a "b">]>\n'), "DOCTYPE"),
        (document([event("x", 8)])[:-8], "not well-formed XML"),
        (document([event("x", 8).replace("value=", "worth=")]), "without key or value"),
        (document([]), "no event in them"),
        (document([event("", 8)]), "line 4, column 'concept:name': empty"),
    ],
)
def test_bad_documents_are_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    assert told in caught.value.message
    assert caught.value.hint
