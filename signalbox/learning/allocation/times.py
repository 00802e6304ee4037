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
    are first asked for, and keep their numbers; it is made anew when the register changes."""

    def __init__(self, members: Sequence[Resource], speeds: Speeds) -> None:
        self._members, self._speeds = members, speeds
        self._rows: dict[_Key, int] = {}
        self._skilled: dict[frozenset[str], np.ndarray] = {}
        self._activities: dict[str, int] = {}
        self._hours = np.zeros((0, len(members)))
        self._activity = np.zeros(16, np.int64)
        self._barred = np.zeros((16, len(members)))
        self._logs = np.zeros((16, len(members)))
        self._present = np.zeros(len(members), bool)
        self._pools: Pools | None = None

    def there(self, present: np.ndarray) -> None:
        """Who is on shift now, bool [R]."""
        self._present, self._pools = present, None

    def relearn(self) -> None:
        """Take over what the speeds say by now."""
        names = list(self._activities)
        self._hours = np.array([self._known(name) for name in names]).reshape(len(names), -1)
        count = len(self._rows)
        self._logs[:count] = self._hours[self._activity[:count]] + self._barred[:count]
        self._pools = None

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, queue: Queue) -> int:
        """The number of a queue's row."""
        key = (queue.activity, queue.skills, queue.not_for)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = len(self._rows)
            if found == len(self._logs):
                for name in ("_activity", "_barred", "_logs"):
                    old = getattr(self, name)
                    setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
            activity = self._activities.get(queue.activity)
            if activity is None:
                activity = self._activities[queue.activity] = len(self._activities)
                self._hours = np.vstack([self._hours, self._known(queue.activity)])
            self._activity[found] = activity
            self._barred[found] = self._barring(queue)
            self._logs[found] = self._hours[activity] + self._barred[found]
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

    def _known(self, activity: str) -> np.ndarray:
        return np.log([self._speeds.hours(activity, one.id) for one in self._members])

    def _barring(self, queue: Queue) -> np.ndarray:
        """Nought for who may do it, infinite for all others."""
        found = self._skilled.get(queue.skills)
        if found is None:
            may = np.array([queue.skills <= one.skills for one in self._members], bool)
            found = self._skilled[queue.skills] = np.where(may, 0.0, np.inf)
        if not queue.not_for:
            return found
        out = np.array([one.id in queue.not_for for one in self._members], bool)
        return np.where(out, np.inf, found)
