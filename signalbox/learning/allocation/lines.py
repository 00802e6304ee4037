"""The queues of one team as arrays, each at a place of its own, changed one at a time."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.board import PRIORITIES, Board, Queue
from signalbox.learning.allocation.live_policy import LivePolicy
from signalbox.learning.allocation.parameters import BLOCKS
from signalbox.learning.allocation.times import Times

PRIORITY_STEP = 1.5
"""Logarithm of how much more urgent each class of priority is than the one below."""


class Lines:
    """For queue ``i``: ``counts`` tasks, the oldest of a case that ``arrived`` and waiting
    ``since`` (seconds since 1970), its ``rows`` in the times, the number of its ``activity``, what
    priority adds (``bonus``) and the policy's ``blocks`` [BLOCKS]."""

    def __init__(self, policy: LivePolicy) -> None:
        self._policy = policy
        self._place: dict[Queue, int] = {}
        self._activities: dict[str, int] = {}
        self._free: list[int] = []
        self.queues: list[Queue] = []
        self.counts = np.zeros(16, np.int64)
        self.arrived, self.since, self.bonus = np.zeros(16), np.zeros(16), np.zeros(16)
        self.rows, self.activity = np.zeros(16, np.int64), np.zeros(16, np.int64)
        self.blocks = np.zeros((16, BLOCKS))

    def __len__(self) -> int:
        return len(self._place)

    def follow(self, board: Board, team: str, times: Times) -> None:
        """Take in what has changed on the board."""
        for queue in board.changed(team):
            self.note(queue, board, times)

    def note(self, queue: Queue, board: Board, times: Times) -> None:
        """Take in one queue as it is now."""
        found = board.head(queue)
        place = self._place.get(queue)
        if found is None:
            if place is not None:
                self.counts[place] = 0
                # Each task that rules keep has a queue of its own for a while.
                self._free.append(self._place.pop(queue))
            return
        if place is None:
            place = self._open(queue, times)
        task, self.counts[place] = found
        self.arrived[place], self.since[place] = (
            task.received_at.timestamp(),
            task.since.timestamp(),
        )

    def filled(self, skip: frozenset[Queue]) -> np.ndarray:
        """Places of the queues that are not empty, without those to ``skip``."""
        full = self.counts > 0
        for queue in skip:
            if queue in self._place:
                full[self._place[queue]] = False
        return np.flatnonzero(full)

    def _open(self, queue: Queue, times: Times) -> int:
        if self._free:
            place = self._place[queue] = self._free.pop()
            self.queues[place] = queue
        else:
            place = self._place[queue] = len(self.queues)
            self.queues.append(queue)
        if place == len(self.counts):
            for name in ("counts", "arrived", "since", "bonus", "rows", "activity", "blocks"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
        self.rows[place] = times.row(queue)
        known = self._activities.setdefault(queue.activity, len(self._activities))
        self.activity[place] = known
        self.bonus[place] = _urgency(queue.priority)
        self.blocks[place] = self._policy.blocks(queue.activity)
        return place


def _urgency(priority: str) -> float:
    return PRIORITY_STEP * (PRIORITIES.index(priority) - 1) if priority in PRIORITIES else 0.0
