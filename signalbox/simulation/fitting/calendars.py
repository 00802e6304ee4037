"""When people work, from when they are seen at work."""

from __future__ import annotations

import numpy as np

from signalbox.simulation.fitting.weekly import WEEK, busy_hours, profile
from signalbox.simulation.fitting.work import Work

_LONGEST = 12.0
_WEIGHT = 40.0
_LEAST = 0.2
_INSTANT = 1e-3


def calendars(work: Work) -> np.ndarray:
    """The hours of a week in which each resource works, bool [R, 168].

    An hour counts once for each week in which the resource was seen in it, so that a busy day says
    no more than a quiet one. Who is hardly seen keeps the hours of everybody, shifted towards its
    own. Tasks of more than 12 hours are evidence of their first and last hour alone: who holds
    them may have slept.
    """
    counts = _seen(work)
    pool = counts.sum(axis=0)
    found = [busy_hours(profile(own, pool, _WEIGHT), _LEAST) for own in counts]
    return np.array(found, bool).reshape(len(work.resources), WEEK)


def _seen(work: Work) -> np.ndarray:
    seen: list[set[int]] = [set() for _ in work.resources]
    for who, begun, ended in zip(work.resource, work.begun, work.ended, strict=True):
        if who < 0:
            continue
        # An end on the full hour belongs to the hour before it.
        first, last = int(begun), int(max(begun, ended - _INSTANT))
        hours = range(first, last + 1) if last - first <= _LONGEST else (first, last)
        seen[who].update(hours)
    counts = np.zeros((len(work.resources), WEEK))
    for who, own in enumerate(seen):
        np.add.at(counts[who], np.array(sorted(own), np.int64) % WEEK, 1)
    return counts


class Worked:
    """Hours of work between two moments by a ``calendar`` [168]: bool, or the pace of each hour."""

    def __init__(self, calendar: np.ndarray) -> None:
        self._until = np.concatenate([[0.0], np.cumsum(calendar.astype(float))])
        self._on = calendar.astype(float)

    def until(self, moments: np.ndarray) -> np.ndarray:
        """Working hours from the first Monday to each of ``moments``, [n]."""
        weeks, within = np.divmod(moments, WEEK)
        hour = np.minimum(within.astype(np.int64), WEEK - 1)
        inner = self._until[hour] + self._on[hour] * (within - hour)
        return np.asarray(weeks * self._until[-1] + inner)
