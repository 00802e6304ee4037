"""What lately followed an activity, in all cases: how a process that changes is followed.

A feature and no training: the models stay those of the finished cases they were learned from, but
see at every moment what had been recorded by then (inter-case features, Senderovich et al. 2017).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from signalbox.learning.durations.clock import days
from signalbox.learning.logs.log import EventLog

LAST = 30
UNSEEN = -1.0


class Recent:
    """The last ``LAST`` successors of each activity before a moment, over the whole log.

    ``names`` are the activities whose share among the successors is told; the last column is the
    mean of log(1 + hours) until the successor.
    """

    def __init__(self, log: EventLog, names: Sequence[str]) -> None:
        places = {name: i for i, name in enumerate(names)}
        self.width = len(names) + 1
        found: dict[str, list[tuple[float, int, float]]] = defaultdict(list)
        for trace in log.traces:
            for last, following in zip(trace.events, trace.events[1:], strict=False):
                at = days(following.time)
                hours = (at - days(last.time)) * 24
                place = places.get(following.activity, -1)
                found[last.activity].append((at, place, float(np.log1p(hours))))
        self._after = {name: self._running(steps) for name, steps in found.items()}

    def before(self, activities: Sequence[str], moments: np.ndarray) -> np.ndarray:
        """(n, width) for ``n`` last activities and moments in days since 1970; strictly before."""
        rows = np.full((len(moments), self.width), UNSEEN)
        by_name: dict[str, list[int]] = defaultdict(list)
        for i, name in enumerate(activities):
            by_name[name].append(i)
        for name, indices in by_name.items():
            if name not in self._after:
                continue
            times, sums = self._after[name]
            stop = np.searchsorted(times, moments[indices], side="left")
            begin = np.maximum(stop - LAST, 0)
            seen = stop - begin
            means = (sums[stop] - sums[begin]) / np.maximum(seen, 1)[:, None]
            rows[indices] = np.where(seen[:, None] > 0, means, UNSEEN)
        return rows

    def _running(self, steps: list[tuple[float, int, float]]) -> tuple[np.ndarray, np.ndarray]:
        # Sorted by all three: the order of one instant must not depend on the order of the cases.
        steps.sort()
        told = np.zeros((len(steps) + 1, self.width))
        for i, (_, place, gap) in enumerate(steps, start=1):
            if place >= 0:
                told[i, place] = 1.0
            told[i, -1] = gap
        return np.array([at for at, _, _ in steps]), np.cumsum(told, axis=0)
