"""Beginnings the log does not tell, estimated from what was done before."""

from __future__ import annotations

import numpy as np

from signalbox.simulation.fitting.calendars import Worked
from signalbox.simulation.fitting.work import Work, previous_in_case, previous_of_resource

_LEAST_TIGHT = 10
_MOST = 0.8
_ALONE = 0.25
_LONGEST = 8.0


def with_starts(work: Work, on: np.ndarray) -> Work:
    """The events with a beginning for each; only those the log does not tell are estimated.

    A task can have begun neither before the case's previous event was completed nor before its
    resource completed another one. The working hours since then are an upper bound. It is tight
    where the task was waiting when its resource got free; how long such tasks take bounds the
    others of the activity (at four fifths of them: the rest of a longer gap was no work on it).
    Without resources nothing bounds a task but the case, and a quarter of the gaps are taken.
    """
    in_case, by_resource = previous_in_case(work), previous_of_resource(work)
    earliest = np.maximum(in_case, by_resource)
    missing = ~work.known
    room = np.where(np.isfinite(earliest), work.ended - earliest, _LONGEST)
    for r in range(len(work.resources)):
        mine = np.flatnonzero((work.resource == r) & missing & np.isfinite(earliest))
        worked = Worked(on[r])
        room[mine] = worked.until(work.ended[mine]) - worked.until(earliest[mine])
    room = np.maximum(room, 0.0)
    hours = np.zeros(len(room))
    for j in range(len(work.activities)):
        mine = missing & (work.activity == j)
        tight = mine & (by_resource >= in_case) & np.isfinite(in_case)
        told, share = (room[tight], _MOST) if tight.sum() >= _LEAST_TIGHT else (room[mine], 0.5)
        if (work.resource[mine] < 0).all():
            told, share = room[mine], _ALONE
        if len(told):
            hours[mine] = np.minimum(room[mine], min(np.quantile(told, share), _LONGEST))
    begun = np.where(missing, work.ended - hours, work.begun)
    return work.with_times(begun, work.hours)
