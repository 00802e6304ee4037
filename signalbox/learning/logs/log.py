"""An event log: cases in order of their start, each with its events in order of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One activity done in a case.

    ``time`` is when it was completed and ``start`` when it was begun, where the log tells; both
    are aware and keep the wall clock of the log. ``resource`` is ``""`` where the log has none.
    """

    activity: str
    time: datetime
    start: datetime | None = None
    resource: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """A case and its events, oldest first; events of one instant keep the order of the file."""

    case: str
    events: Sequence[Event]

    def __len__(self) -> int:
        return len(self.events)

    @property
    def began(self) -> datetime:
        """Completion of the first event: what the split by start goes by in every log."""
        return self.events[0].time

    @property
    def ended(self) -> datetime:
        """Completion of the last event."""
        return self.events[-1].time


@dataclass(frozen=True)
class EventLog:
    """Traces in order of their start (ties: order of the file); ``notes`` say what was odd."""

    traces: Sequence[Trace]
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.traces)

    @property
    def events(self) -> int:
        """How many events all traces have together."""
        return sum(len(trace) for trace in self.traces)

    @property
    def activities(self) -> list[str]:
        """The names of the activities, sorted."""
        return sorted({event.activity for trace in self.traces for event in trace.events})

    @property
    def has_starts(self) -> bool:
        """Whether any event tells when it was begun."""
        return any(event.start is not None for trace in self.traces for event in trace.events)

    def split(self, share: float) -> tuple[EventLog, EventLog]:
        """The first ``share`` in (0, 1) of the cases by start (rounded down), and the rest."""
        cut = int(len(self.traces) * share)
        return (
            EventLog(self.traces[:cut], list(self.notes)),
            EventLog(self.traces[cut:], list(self.notes)),
        )

    def until(self, moment: datetime) -> EventLog:
        """What was known at ``moment``: later events are cut off, later cases left out."""
        known = []
        for trace in self.traces:
            kept = bisect_right(trace.events, moment, key=lambda event: event.time)
            if kept:
                known.append(Trace(trace.case, trace.events[:kept]))
        return EventLog(known, list(self.notes))
