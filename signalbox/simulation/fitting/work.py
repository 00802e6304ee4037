"""The events of a log as arrays, on a clock of hours since a Monday."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.logs.log import EventLog

LEAST_CASES = 20
WEEK = 168


@dataclass(frozen=True, slots=True)
class Work:
    """Events in order of case and beginning; n events, hours of the log's own wall clock.

    ``begun`` equals ``ended`` where the log has no start; ``known`` says where it has one.
    ``hours`` are the working hours an event took of its resource, not yet told: NaN.
    """

    activities: tuple[str, ...]
    resources: tuple[str, ...]
    case: np.ndarray  # int64 [n]
    activity: np.ndarray  # int64 [n]
    resource: np.ndarray  # int64 [n]; -1 where the log names nobody
    begun: np.ndarray  # float64 [n]
    ended: np.ndarray  # float64 [n]
    known: np.ndarray  # bool [n]
    hours: np.ndarray  # float64 [n]

    @property
    def firsts(self) -> np.ndarray:
        """Position of the first event of each case, and n at the end, int64 [cases + 1]."""
        starts = np.flatnonzero(np.diff(self.case, prepend=-1))
        return np.append(starts, len(self.case))

    @property
    def arrivals(self) -> np.ndarray:
        """When each case begins: the start of its first event, float64 [cases], ascending."""
        return np.sort(self.begun[self.firsts[:-1]])

    @property
    def paths(self) -> list[tuple[int, ...]]:
        """The activities of each case in order."""
        return [
            tuple(int(j) for j in self.activity[a:b]) for a, b in itertools.pairwise(self.firsts)
        ]

    def with_times(self, begun: np.ndarray, hours: np.ndarray) -> Work:
        """The same events with other beginnings and working hours."""
        return replace(self, begun=begun, hours=hours)


def work_of(log: EventLog, name: str) -> Work:
    """The arrays of ``log``; hours run from the Monday at midnight before its first event.

    Raises:
        BadInput: fewer than 20 cases, which tell no distribution.
    """
    if len(log) < LEAST_CASES:
        raise BadInput(
            f"{name}: {len(log)} cases are too few to fit a twin",
            hint=f"give a log of {LEAST_CASES} cases or more",
        )
    activities = tuple(log.activities)
    resources = tuple(sorted({e.resource for t in log.traces for e in t.events} - {""}))
    a, r = ({name: i for i, name in enumerate(names)} for names in (activities, resources))
    origin = monday(min(_wall(e.start or e.time) for t in log.traces for e in t.events))
    rows = []
    for case, trace in enumerate(log.traces):
        found = []
        for e in trace.events:
            end = _hours(e.time, origin)
            begun = end if e.start is None else _hours(e.start, origin)
            who = r.get(e.resource, -1)
            found.append((case, a[e.activity], who, begun, end, e.start is not None))
        rows += sorted(found, key=lambda row: (row[3], row[4]))
    table = np.array(rows, float)
    whole = table[:, :3].astype(np.int64)
    return Work(
        activities=activities,
        resources=resources,
        case=whole[:, 0],
        activity=whole[:, 1],
        resource=whole[:, 2],
        begun=table[:, 3],
        # Clocks that go back would let an event end before it began.
        ended=np.maximum(table[:, 4], table[:, 3]),
        known=table[:, 5] > 0,
        hours=np.full(len(table), np.nan),
    )


def monday(moment: datetime) -> datetime:
    """The Monday at midnight at or before ``moment``."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _hours(moment: datetime, origin: datetime) -> float:
    return (_wall(moment) - origin).total_seconds() / 3600


def previous_in_case(work: Work) -> np.ndarray:
    """The latest completion among the earlier events of the case, -inf for the first, [n]."""
    found = np.full(len(work.case), -np.inf)
    for first, end in zip(work.firsts[:-1], work.firsts[1:], strict=True):
        found[first + 1 : end] = np.maximum.accumulate(work.ended[first : end - 1])
    return found


def previous_of_resource(work: Work) -> np.ndarray:
    """The latest completion of the same resource at or before each completion, -inf if none."""
    found = np.full(len(work.case), -np.inf)
    order = np.lexsort((np.arange(len(work.case)), work.ended))
    last: dict[int, float] = {}
    for i in order:
        who = int(work.resource[i])
        if who >= 0:
            found[i] = last.get(who, -np.inf)
            last[who] = float(work.ended[i])
    return found
