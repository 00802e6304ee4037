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
    asked for. Nobody of ``not_for`` is asked."""

    team: str
    activity: str
    skills: frozenset[str]
    priority: str
    not_for: tuple[str, ...]
    relaxed: bool = False


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
        if was is not None:
            if one.changed_at < was.changed_at:
                return
            self._remove(was)
        if one.state is AssignmentState.DONE:
            return
        self.open[one.task_id] = one
        if one.state is AssignmentState.ASSIGNED:
            self.held[str(one.resource)] += 1
            return
        self._line_up(one, relaxed=False)
        if self._relax is not None and self._queue_of[one.task_id].skills:
            heapq.heappush(self._due, (one.since + self._relax, one.task_id))

    def keep_only(self, open_now: Iterable[Assignment]) -> None:
        """Everything that is not done: what else is on the board is done by now."""
        fresh = {one.task_id: one for one in open_now}
        for gone in [one for id, one in self.open.items() if id not in fresh]:
            self._remove(gone)
        for one in fresh.values():
            if self.open.get(one.task_id) != one:
                self.apply(one)

    def relax(self, now: datetime) -> None:
        """Ask no longer for skills that nobody was there with for too long."""
        while self._due and self._due[0][0] <= now:
            _, task_id = heapq.heappop(self._due)
            one = self.open.get(task_id)
            if one is None or one.state is not AssignmentState.WAITING:
                continue
            if self._relax is None or one.since + self._relax > now:
                continue
            self._count[self._queue_of[task_id]] -= 1
            self._line_up(one, relaxed=True)

    def queues(self, team: str) -> list[tuple[Queue, Assignment, int]]:
        """Each queue of ``team`` that is not empty, its oldest task and its length."""
        found = []
        lines = self._queues.get(team, {})
        for queue, line in list(lines.items()):
            while line and self._queue_of.get(line[0][1]) != queue:
                heapq.heappop(line)
            if line:
                found.append((queue, self.open[line[0][1]], self._count[queue]))
            else:
                del lines[queue]
        return found

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
        return [team for team in self._queues if self.queues(team)]

    def asked(self, one: Assignment) -> Asked:
        """What a task asks for, before anything is relaxed."""
        return self._asks(one)

    def taken(self, resource: Resource) -> int:
        """Places of a resource that are taken, by our work and by other."""
        return self.held[resource.id] + resource.load

    def _line_up(self, one: Assignment, *, relaxed: bool) -> None:
        asked = self._asks(one)
        skills = frozenset() if relaxed else asked.skills
        queue = Queue(one.team, asked.activity, skills, asked.priority, one.returned_by, relaxed)
        self._queue_of[one.task_id] = queue
        self._count[queue] += 1
        line = self._queues[one.team].setdefault(queue, [])
        heapq.heappush(line, (one.received_at, one.task_id))

    def _remove(self, one: Assignment) -> None:
        del self.open[one.task_id]
        if one.state is AssignmentState.ASSIGNED:
            self.held[str(one.resource)] -= 1
        else:
            self._count[self._queue_of.pop(one.task_id)] -= 1
