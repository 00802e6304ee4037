"""The board of one tenant: who works there, what each has, and what waits in which queue."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from signalbox.domain.assignment import Assignment, AssignmentState
from signalbox.domain.resource import Resource

PRIORITIES = ("low", "normal", "high", "critical")


class Asked(NamedTuple):
    """What a task asks for: its activity, the skills it needs, and how urgent it is."""

    activity: str
    skills: frozenset[str]
    priority: str


class Queue(NamedTuple):
    """Tasks that differ only in how long they have waited. ``relaxed``: their skills are no longer
    asked for. Nobody of ``not_for`` is asked. ``alone`` is the one task of a queue of its own."""

    team: str
    activity: str
    skills: frozenset[str]
    priority: str
    not_for: tuple[str, ...]
    relaxed: bool = False
    alone: str = ""


class Board:
    """What one process believes of a tenant's work. The ledger arbitrates; this may lag behind it.

    ``asks`` reads a task's attributes. A skill is asked for until a task has waited ``relax``;
    None: for ever.
    """

    def __init__(self, asks: Callable[[Assignment], Asked], relax: timedelta | None) -> None:
        self._asks, self._relax = asks, relax
        self.resources: dict[str, Resource] = {}
        self.teams: dict[str, list[Resource]] = {}
        self.held: Counter[str] = Counter()
        self.open: dict[str, Assignment] = {}
        self._queue_of: dict[str, Queue] = {}
        self._queues: dict[str, dict[Queue, list[tuple[datetime, str]]]] = defaultdict(dict)
        self._count: Counter[Queue] = Counter()
        self._arrived: Counter[Queue] = Counter()
        self._changed: dict[str, set[Queue]] = defaultdict(set)
        self._ended: dict[str, datetime] = {}
        self._due: list[tuple[datetime, str]] = []
        self.version = 0

    def register(self, resources: Iterable[Resource]) -> None:
        """These are all there are."""
        found = {one.id: one for one in resources}
        if found == self.resources:
            return
        self.resources, self.version = found, self.version + 1
        teams: dict[str, list[Resource]] = defaultdict(list)
        for one in found.values():
            teams[one.team].append(one)
        self.teams = dict(teams)

    def apply(self, one: Assignment) -> None:
        """Take in where a task stands, unless something newer is known of it."""
        was = self.open.get(one.task_id)
        known = self._ended.get(one.task_id) if was is None else was.changed_at
        if known is not None and one.changed_at < known:
            return
        if was is not None:
            self._remove(was)
        if one.state is AssignmentState.DONE:
            # What was read before it ended may be told after it.
            self._ended[one.task_id] = one.changed_at
            return
        self.open[one.task_id] = one
        if one.state is AssignmentState.ASSIGNED:
            self.held[str(one.resource)] += 1
            return
        self._line_up(one, relaxed=False)
        if self._relax is not None and self._queue_of[one.task_id].skills:
            heapq.heappush(self._due, (one.since + self._relax, one.task_id))

    def knows(self, task_id: str, changed_at: datetime) -> bool:
        """Whether a change of that moment, or a later one, is on the board."""
        known = self.open.get(task_id)
        moment = self._ended.get(task_id) if known is None else known.changed_at
        return moment is not None and moment >= changed_at

    def keep_only(self, open_now: Iterable[Assignment], as_of: datetime) -> None:
        """All that was not done at ``as_of``: what else is on the board and older is done."""
        fresh = {one.task_id: one for one in open_now}
        for gone in [one for id, one in self.open.items() if id not in fresh]:
            if gone.changed_at < as_of:
                self._remove(gone)
        self._ended = {id: moment for id, moment in self._ended.items() if moment >= as_of}
        for one in fresh.values():
            known = self.open.get(one.task_id)
            if known is None or known.changed_at < one.changed_at:
                self.apply(one)

    def explained(self, one: Assignment, reason: str, suggested: str | None) -> None:
        """Note why it waits, unless it has moved on since."""
        if self.open.get(one.task_id) is one:
            told = {"reason": reason, "suggested": suggested}
            self.open[one.task_id] = one.model_copy(update=told)

    def set_apart(self, task_id: str) -> None:
        """Put a waiting task into a queue of its own: what keeps it need not keep those behind."""
        queue = self._queue_of.get(task_id)
        if queue is None or queue.alone:
            return
        self._leave(task_id)
        self._join(self.open[task_id], queue._replace(alone=task_id))

    def relax(self, now: datetime) -> None:
        """Ask no longer for skills that nobody was there with for too long."""
        while self._due and self._due[0][0] <= now:
            _, task_id = heapq.heappop(self._due)
            one = self.open.get(task_id)
            if one is None or one.state is not AssignmentState.WAITING:
                continue
            if self._relax is None or one.since + self._relax > now:
                continue
            self._leave(task_id)
            self._line_up(one, relaxed=True)

    def changed(self, team: str) -> set[Queue]:
        """Queues of ``team`` whose first task or length may be another since this was last asked.

        For one who keeps count of them; asked by nobody else.
        """
        return self._changed.pop(team, set())

    def head(self, queue: Queue) -> tuple[Assignment, int] | None:
        """The oldest task of a queue and its length; None where it is empty."""
        line = self._queues.get(queue.team, {}).get(queue)
        while line and self._queue_of.get(line[0][1]) != queue:
            heapq.heappop(line)
        if line:
            return self.open[line[0][1]], self._count[queue]
        if line is not None:
            del self._queues[queue.team][queue]
            del self._count[queue]
            if queue.alone:
                del self._arrived[queue]
        return None

    def queues(self, team: str) -> list[Queue]:
        """The queues of ``team`` that are not empty."""
        return [queue for queue in list(self._queues.get(team, ())) if self.head(queue)]

    def arrivals(self, queue: Queue) -> int:
        """How many tasks have ever joined a queue."""
        return self._arrived[queue]

    def waiting_in(self, queue: Queue, most: int) -> list[Assignment]:
        """Some of the tasks of one queue, in no order."""
        found = []
        for _, task_id in self._queues.get(queue.team, {}).get(queue, ()):
            if self._queue_of.get(task_id) == queue:
                found.append(self.open[task_id])
                if len(found) == most:
                    break
        return found

    def queue_of(self, task_id: str) -> Queue | None:
        """Where a task waits; None where it does not."""
        return self._queue_of.get(task_id)

    def waiting_teams(self) -> list[str]:
        """Teams for which something waits."""
        return [team for team, lines in self._queues.items() if any(map(self.head, list(lines)))]

    def asked(self, one: Assignment) -> Asked:
        """What a task asks for, before anything is relaxed."""
        return self._asks(one)

    def taken(self, resource: Resource) -> int:
        """Places of a resource that are taken, by our work and by other."""
        return self.held[resource.id] + resource.load

    def _line_up(self, one: Assignment, *, relaxed: bool) -> None:
        asked = self._asks(one)
        skills = frozenset() if relaxed else asked.skills
        self._join(
            one, Queue(one.team, asked.activity, skills, asked.priority, one.returned_by, relaxed)
        )

    def _join(self, one: Assignment, queue: Queue) -> None:
        self._queue_of[one.task_id] = queue
        self._count[queue] += 1
        self._arrived[queue] += 1
        self._changed[one.team].add(queue)
        line = self._queues[one.team].setdefault(queue, [])
        heapq.heappush(line, (one.received_at, one.task_id))

    def _remove(self, one: Assignment) -> None:
        del self.open[one.task_id]
        if one.state is AssignmentState.ASSIGNED:
            self.held[str(one.resource)] -= 1
        else:
            self._leave(one.task_id)

    def _leave(self, task_id: str) -> None:
        queue = self._queue_of.pop(task_id)
        self._count[queue] -= 1
        self._changed[queue.team].add(queue)
