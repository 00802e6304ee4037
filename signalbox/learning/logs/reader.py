"""Reading an event log from CSV, JSON lines, Parquet or XES: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from signalbox.domain.base import unstorable
from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.columns import require
from signalbox.learning.limits import Limits
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.lifecycle import TRANSITION, Step, fold, is_standard
from signalbox.learning.logs.log import Event, EventLog, Trace
from signalbox.learning.logs.moments import Moments
from signalbox.learning.logs.xes import open_xes
from signalbox.learning.sources import Source, open_source

LONGEST = 1_000
IN_TRACE = "case:"


def read_log(
    path: str | Path,
    columns: LogColumns,
    *,
    drop_duplicates: bool = False,
    limits: Limits | None = None,
) -> EventLog:
    """Read ``path`` (.csv, .jsonl or .xes, also .gz, or .parquet) into an EventLog.

    Rows may stand in any order: they are sorted by time, ties as in the file. Rows equal in every
    column that is read are kept and counted in the notes, unless ``drop_duplicates``. Raises
    BadInput or TooLarge naming file, line and column, with the fix as hint.
    """
    limits = limits or Limits()
    path = Path(path)
    xes = path.name.lower().removesuffix(".gz").endswith(".xes")
    source = _xes(path, limits) if xes else open_source(path, limits, repeats=True)
    rows = _Rows(source, columns, xes)
    for line, row in source.rows:
        if rows.n >= limits.rows:
            raise TooLarge(
                f"{source.name}: more than {limits.rows:,} rows", hint="give the most recent cases"
            )
        rows.add(line, row, drop_duplicates)
    if not rows.n:
        raise BadInput(f"{source.name}: a header but no rows", hint="export it again")
    return rows.log()


def _xes(path: Path, limits: Limits) -> Source:
    if path.is_dir() or not path.is_file():
        raise BadInput(f"{str(path)[:200]}: no such file", hint="check the path")
    return open_xes(path, limits)


@dataclass
class _Rows:
    """The rows of one file on their way into traces."""

    source: Source
    columns: LogColumns
    xes: bool
    n: int = 0
    repeated: int = 0
    unsorted: int = 0
    steps: dict[str, list[Step]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns, source = self.columns, self.source
        if self.xes and IN_TRACE + columns.case in source.columns:
            # A case is a trace: its name cannot be meant to be an attribute of the event.
            columns = LogColumns(**{**vars(columns), "case": IN_TRACE + columns.case})
            self.columns = columns
        columns.check(source)
        self.at = {name: require(source, name) for name in columns.wanted}
        if self.xes and TRANSITION in source.columns and TRANSITION not in columns.wanted:
            self.transition = source.columns.index(TRANSITION)
        else:
            self.transition = -1
        self.moments = Moments(source.name, columns.zone, columns.time_format)
        self._seen: set[tuple[str, ...]] = set()

    def add(self, line: int, row: Sequence[str], drop_duplicates: bool) -> None:
        """One row of the file."""
        self.n += 1
        at, columns = self.at, self.columns
        key = tuple(row[place] for place in at.values())
        transition = row[self.transition].strip().lower() if self.transition >= 0 else ""
        if (*key, transition) in self._seen:
            self.repeated += 1
            if drop_duplicates:
                return
        self._seen.add((*key, transition))
        case = self._name(line, columns.case, row, "every event belongs to a case")
        event = Event(
            activity=self._name(line, columns.activity, row, "every event has an activity"),
            time=self.moments.read(line, columns.timestamp, row[at[columns.timestamp]]),
            start=None,
            resource=self._text(line, columns.resource, row) if columns.resource else "",
            attributes={name: self._text(line, name, row) for name in columns.attributes},
        )
        event = self._begun(line, row, event)
        steps = self.steps.setdefault(case, [])
        self.unsorted += bool(steps) and steps[-1].event.time > event.time
        steps.append(Step(event, transition))

    def log(self) -> EventLog:
        """The traces of all rows, and what was odd about them."""
        standard = self.xes and is_standard(
            [step.transition for steps in self.steps.values() for step in steps]
        )
        traces, left_out = [], 0
        for case, steps in self.steps.items():
            ordered = sorted(steps, key=lambda step: step.event.time)
            events, others = fold(ordered) if standard else ([s.event for s in ordered], 0)
            left_out += others
            if events:
                traces.append(Trace(case, events))
        if not traces:
            raise BadInput(f"{self.source.name}: no event was completed", hint="export it again")
        traces.sort(key=lambda trace: trace.began)
        return EventLog(traces, self._notes(left_out))

    def _notes(self, left_out: int) -> list[str]:
        notes = self.moments.notes()
        if self.unsorted:
            notes.append(f"{self.unsorted:,} rows were out of order in time and were sorted")
        if self.repeated:
            notes.append(
                f"{self.repeated:,} rows repeat an earlier one in every column that is read; "
                "--drop-duplicates decides whether they count"
            )
        if left_out:
            notes.append(f"{left_out:,} events are no completions of an activity: left out")
        return notes

    def _begun(self, line: int, row: Sequence[str], event: Event) -> Event:
        name = self.columns.start
        if name is None or not row[self.at[name]].strip():
            return event
        start = self.moments.read(line, name, row[self.at[name]])
        if start > event.time:
            raise BadInput(
                f"{self.source.name}, line {line}: begun ({name[:60]!r}) after it was completed "
                f"({self.columns.timestamp[:60]!r})",
                hint="are --start and --timestamp the wrong way round? Otherwise mend the row",
            )
        return Event(event.activity, event.time, start, event.resource, event.attributes)

    def _name(self, line: int, column: str, row: Sequence[str], why: str) -> str:
        value = self._text(line, column, row)
        if not value:
            raise BadInput(
                f"{self.source.name}, line {line}, column {column[:60]!r}: empty",
                hint=f"{why}: fill it in, or drop the row",
            )
        return value

    def _text(self, line: int, column: str, row: Sequence[str]) -> str:
        value = row[self.at[column]].strip()
        where = f"{self.source.name}, line {line}, column {column[:60]!r}"
        if len(value) > LONGEST:
            raise TooLarge(
                f"{where}: {len(value):,} characters, limit {LONGEST:,}",
                hint="is it the right column? Names are short",
            )
        reason = unstorable(value)
        if reason:
            raise BadInput(f"{where}: {reason}", hint="remove it, or drop the row")
        return value
