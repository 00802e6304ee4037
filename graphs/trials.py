"""When a task that could not be given out is tried again: soon at first, then ever less often."""

from __future__ import annotations

from datetime import datetime, timedelta

from signalbox.domain.assignment import Assignment
from signalbox.learning.allocation.board import Board, Queue

FIRST, LONGEST = timedelta(seconds=1), timedelta(seconds=15)
_Key = tuple[str, str]


class Trials:
    """Of tasks that rules or people keep, by tenant and id: not before when, and the next delay."""

    def __init__(self) -> None:
        self._next: dict[_Key, tuple[datetime, timedelta]] = {}

    def failed(self, task: Assignment, now: datetime) -> None:
        """It was tried ``now`` and is to be tried again later."""
        key = (task.tenant, task.task_id)
        _, delay = self._next.get(key, (now, FIRST))
        self._next[key] = now + delay, min(2 * delay, LONGEST)

    def over(self, task: Assignment) -> None:
        """It is given out."""
        self._next.pop((task.tenant, task.task_id), None)

    def later(self, board: Board, tenant: str, now: datetime) -> frozenset[Queue]:
        """Queues of their own whose task is not to be tried yet."""
        found = set()
        for key, (moment, _) in list(self._next.items()):
            if key[0] != tenant:
                continue
            queue = board.queue_of(key[1])
            if queue is None or not queue.alone:
                # Given out, ended, or changed: whatever kept it may not do so any more.
                del self._next[key]
            elif moment > now:
                found.add(queue)
        return frozenset(found)
