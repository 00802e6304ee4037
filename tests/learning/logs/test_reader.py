"""A user's event log, good and bad: read exactly, or refused with the fix."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.limits import Limits
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.log import Event, EventLog, Trace
from signalbox.learning.logs.reader import read_log

COLUMNS = LogColumns("case", "activity", "time")
GOOD = """case,activity,time
b,open,2026-01-02 09:00:00
a,close,2026-01-03 10:00:00
a,open,2026-01-01 08:00:00
b,close,2026-01-02 09:00:00
"""


def write(folder: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def seen(log: EventLog) -> list[tuple[str, list[str]]]:
    return [(trace.case, [event.activity for event in trace.events]) for trace in log.traces]


def test_cases_come_by_start_and_events_by_time_ties_as_in_the_file(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, GOOD), COLUMNS)
    assert seen(log) == [("a", ["open", "close"]), ("b", ["open", "close"])]
    assert log.traces[0].began == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert log.events == 4
    assert any("read as UTC" in note for note in log.notes)
    assert any("1 rows were out of order" in note for note in log.notes)


def test_gzip_reads_the_same(tmp_path: Path) -> None:
    zipped = write(tmp_path, gzip.compress(GOOD.encode()), "log.csv.gz")
    assert seen(read_log(zipped, COLUMNS)) == seen(read_log(write(tmp_path, GOOD), COLUMNS))


def test_equal_rows_are_counted_and_dropped_only_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "a,open,2026-01-01 08:00:00\n")
    kept = read_log(path, COLUMNS)
    assert kept.events == 5
    assert any("1 rows repeat" in note for note in kept.notes)
    assert read_log(path, COLUMNS, drop_duplicates=True).events == 4


def test_a_zone_is_that_of_times_without_an_offset(tmp_path: Path) -> None:
    rome = replace(COLUMNS, zone="Europe/Rome")
    log = read_log(write(tmp_path, GOOD), rome)
    assert log.traces[0].began == datetime(2026, 1, 1, 7, tzinfo=UTC)
    # The wall clock is kept: office hours are told by it.
    assert log.traces[0].began.hour == 8
    assert log.notes == ["1 rows were out of order in time and were sorted"]
    mixed = write(tmp_path, GOOD + "c,open,2026-01-04T08:00:00+05:00\n")
    zones = {t.began.utcoffset() for t in read_log(mixed, rome).traces}
    assert zones == {timedelta(hours=1), timedelta(hours=5)}


def test_starts_resources_and_attributes_are_read(tmp_path: Path) -> None:
    text = "case,activity,begun,time,who,kind\n1,x,2026/01/01 08:00,2026/01/01 09:30,ann,k\n"
    columns = LogColumns("case", "activity", "time", "begun", "who", ("kind",))
    event = read_log(write(tmp_path, text), columns).traces[0].events[0]
    assert event.start is not None
    assert event.time - event.start == timedelta(minutes=90)
    assert (event.resource, dict(event.attributes)) == ("ann", {"kind": "k"})


def test_times_in_another_form_are_read_as_told(tmp_path: Path) -> None:
    path = write(tmp_path, "case,activity,time\n1,x,03/04/2026 08:00\n")
    log = read_log(path, replace(COLUMNS, time_format="%d/%m/%Y %H:%M"))
    assert log.traces[0].began == datetime(2026, 4, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "columns", "told", "fix"),
    [
        (",x,2026-01-01 08:00", {}, "line 6, column 'case': empty", "belongs to a case"),
        ("1, ,2026-01-01 08:00", {}, "line 6, column 'activity': empty", "has an activity"),
        ("1,x,", {}, "line 6, column 'time': no time", "fill the time in"),
        ("1,x,03/04/2026 08:00", {}, "line 6, column 'time': '03/04/2026 08:00'", "--time-format"),
        ("1,x,1767225600", {}, "line 6, column 'time'", "since 1970"),
        ("1,x,soon", {}, "line 6, column 'time': 'soon' is not a time", "--time-format"),
        ("1,x,2026-01-01 08:00Z", {}, "line 2, column 'time' has no UTC offset", "--zone"),
        ("1,x,2026-01-01", {}, "line 6, column 'time' has no time of day", "time of day"),
        ("1,x", {}, "line 6: 2 fields where the header has 3", "quote"),
        ("1,x,2026-01-01 08:00", {"case": "Case"}, "no column 'Case'", "did you mean 'case'"),
        ("1,x,2026-01-01 08:00", {"activity": "case"}, "given two roles", "each column once"),
        ("1,x,2026-01-01 08:00", {"zone": "Mars/Base"}, "no time zone 'Mars/Base'", "Europe/Rome"),
    ],
)
def test_bad_logs_are_refused_with_place_and_fix(
    tmp_path: Path, row: str, columns: dict[str, str], told: str, fix: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read_log(write(tmp_path, GOOD + row + "\n"), replace(COLUMNS, **columns))
    assert told in caught.value.message
    assert fix in caught.value.hint


def test_begun_after_it_was_completed_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "case,activity,begun,time\n1,x,2026-01-02,2026-01-01\n")
    with pytest.raises(BadInput, match="line 2: begun"):
        read_log(path, replace(COLUMNS, start="begun"))


def test_a_column_that_stands_twice_matters_only_when_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "case,activity,time,v,v\n1,x,2026-01-01,1,1\n")
    assert read_log(path, COLUMNS).events == 1
    with pytest.raises(BadInput, match="column 'v' twice"):
        read_log(path, replace(COLUMNS, resource="v"))


def test_empty_files_folders_and_too_many_rows(tmp_path: Path) -> None:
    for name in ("log.csv", "log.xes"):
        with pytest.raises(BadInput, match=r"empty|no such file|XML"):
            read_log(write(tmp_path, "", name), COLUMNS)
        with pytest.raises(BadInput, match="no such file"):
            read_log(tmp_path / "absent" / name, COLUMNS)
    with pytest.raises(BadInput, match="no rows"):
        read_log(write(tmp_path, "case,activity,time\n"), COLUMNS)
    with pytest.raises(TooLarge, match="more than 3 rows"):
        read_log(write(tmp_path, GOOD), COLUMNS, limits=Limits(rows=3))


MOMENTS = st.datetimes(
    datetime(2020, 1, 1), datetime(2021, 1, 1), timezones=st.sampled_from([UTC, timezone.min])
)


@given(st.lists(st.lists(MOMENTS, min_size=1, max_size=5), min_size=1, max_size=6), MOMENTS)
def test_what_was_known_holds_nothing_later_and_loses_nothing_earlier(
    cases: list[list[datetime]], moment: datetime
) -> None:
    log = EventLog(
        [Trace(str(i), [Event("x", t) for t in sorted(ts)]) for i, ts in enumerate(cases)]
    )
    known = [event.time for trace in log.until(moment).traces for event in trace.events]
    assert sorted(known) == sorted(t for ts in cases for t in ts if t <= moment)
