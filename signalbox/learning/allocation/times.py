"""Expected times of everybody in a team, one row for each kind of queue, worked out once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from signalbox.domain.resource import Resource
from signalbox.learning.allocation.board import Queue
from signalbox.learning.allocation.moment import Pools, pools_of
from signalbox.learning.allocation.speeds import Speeds

_Key = tuple[str, frozenset[str], tuple[str, ...]]


class Times:
    """[K, R] logarithms of the mean hours, infinite for who may not do it. Rows are added when they
    are first asked for; it is made anew when register or speeds change."""

    def __init__(self, members: Sequence[Resource], speeds: Speeds) -> None:
        self._members, self._speeds = members, speeds
        self._rows: dict[_Key, int] = {}
        self._logs = np.zeros((16, len(members)))
        self._present = np.zeros(len(members), bool)
        self._pools: Pools | None = None

    def there(self, present: np.ndarray) -> None:
        """Who is on shift now, bool [R]."""
        self._present, self._pools = present, None

    def row(self, queue: Queue) -> int:
        """The number of a queue's row."""
        key = (queue.activity, queue.skills, queue.not_for)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = len(self._rows)
            if found == len(self._logs):
                self._logs = np.vstack([self._logs, np.zeros_like(self._logs)])
            self._logs[found] = self._learned(queue)
            self._pools = None
        return found

    def of(self, queue: Queue) -> np.ndarray:
        """[R] of one queue."""
        row = self.row(queue)
        return np.asarray(self._logs[row])

    def some(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """[len(rows), len(columns)]."""
        return np.asarray(self._logs[np.ix_(rows, columns)])

    def pools(self, rows: np.ndarray) -> Pools:
        """What the whole pools of these rows say."""
        if self._pools is None:
            self._pools = pools_of(self._logs[: len(self._rows)], self._present)
        every = self._pools
        return Pools(every.typical[rows], every.rate[rows], every.best[rows])

    def _learned(self, queue: Queue) -> np.ndarray:
        hours = [
            self._speeds.hours(queue.activity, one.id)
            if queue.skills <= one.skills and one.id not in queue.not_for
            else np.inf
            for one in self._members
        ]
        return np.log(np.array(hours, float))
