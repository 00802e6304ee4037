"""One team at one moment: who may take what, how good each pair is, and who comes after."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from signalbox.domain.assignment import Assignment
from signalbox.domain.resource import Resource
from signalbox.learning.allocation.board import PRIORITIES, Board, Queue
from signalbox.learning.allocation.live_policy import LivePolicy
from signalbox.learning.allocation.moment import Moment, Ranking, rank
from signalbox.learning.allocation.speeds import Speeds

PRIORITY_STEP = 1.5
"""Logarithm of how much more urgent each class of priority is than the one below."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a task now. ``hours`` it is expected to take, ``tasks`` of the kind
    that were seen, ``taken`` places of all, ``value`` the index."""

    resource: Resource
    hours: float
    tasks: int
    taken: int
    value: float


@dataclass(frozen=True, slots=True)
class Pick:
    """The next task to be given out, and who could take it, best first; and of one queue whom the
    policy would rather not ask: ``refused``, fastest first."""

    queue: Queue
    task: Assignment
    candidates: tuple[Candidate, ...]
    refused: tuple[Candidate, ...] = ()


@dataclass
class Crew:
    """The resources of one team and what the policy needs to know of them.

    What changes only with the register or by the minute is worked out once.
    """

    board: Board
    team: str
    speeds: Speeds
    policy: LivePolicy
    longest_hold: timedelta
    cost_weight: float = 0.0
    _for: tuple[object, ...] = ()
    _members: list[Resource] = field(default_factory=list)
    _present: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    _price: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _logs: dict[tuple[str, frozenset[str], tuple[str, ...]], np.ndarray] = field(
        default_factory=dict
    )

    def look(self, now: datetime) -> None:
        """Bring up to date who is there; cheap where nothing has changed."""
        minute = now.replace(second=0, microsecond=0)
        state = (self.board.version, self.speeds.version, self.policy.digest, minute)
        if state == self._for:
            return
        if self._for[:3] != state[:3]:
            self._members = sorted(self.board.teams.get(self.team, []), key=lambda one: one.id)
            self._logs.clear()
            self._price = self._prices()
        self._present = np.array([one.on_shift(now) for one in self._members], bool)
        self._for = state

    def members(self) -> list[Resource]:
        """Everybody registered for the team."""
        return self._members

    def present(self) -> int:
        """How many are on shift."""
        return int(self._present.sum())

    def free(self) -> np.ndarray:
        """[R] who could take something more now."""
        places = [self.board.taken(one) < one.capacity for one in self._members]
        return self._present & np.array(places, bool)

    def able(self, queue: Queue) -> np.ndarray:
        """[R] who may do the tasks of a queue at all."""
        return np.isfinite(self._times(queue))

    def picks(self, now: datetime, skip: frozenset[Queue] = frozenset()) -> list[Pick]:
        """One for each queue somebody could take from now, the best first; then those where all
        who could are refused. Queues to ``skip`` are left out."""
        lines = [line for line in self.board.queues(self.team) if line[0] not in skip]
        free = self.free()
        if not lines or not free.any():
            return []
        ranking = self._rank(lines, free, now)
        expired = np.array([now - task.since >= self.longest_hold for _, task, _ in lines])
        refused = ranking.refused & ~expired[:, None]
        value = np.where(refused, -np.inf, ranking.value)
        best = value.max(axis=1)
        found = []
        for i in np.argsort(-best, kind="stable"):
            queue, task, _ = lines[i]
            able = np.flatnonzero(np.isfinite(value[i]))
            slow = np.flatnonzero(refused[i])
            if not len(able) and not len(slow):
                continue
            order = able[np.argsort(-value[i, able], kind="stable")]
            late = slow[np.argsort(-ranking.value[i, slow], kind="stable")][:3]
            found.append(
                Pick(
                    queue,
                    task,
                    tuple(self._candidate(queue, r, value[i, r]) for r in order[:8]),
                    tuple(self._candidate(queue, r, ranking.value[i, r]) for r in late),
                )
            )
        return found

    def fastest_hours(self, queue: Queue) -> float:
        """Expected hours of the fastest who may do the tasks of a queue; infinite for nobody."""
        times = self._times(queue)
        return float(np.exp(times.min())) if len(times) else np.inf

    def _candidate(self, queue: Queue, r: int, value: float) -> Candidate:
        one = self._members[r]
        return Candidate(
            resource=one,
            hours=float(np.exp(self._times(queue)[r])),
            tasks=self.speeds.tasks(queue.activity, one.id),
            taken=self.board.taken(one),
            value=float(value),
        )

    def _rank(
        self, lines: list[tuple[Queue, Assignment, int]], free: np.ndarray, now: datetime
    ) -> Ranking:
        waiting: dict[str, int] = {}
        for queue, _, count in lines:
            waiting[queue.activity] = waiting.get(queue.activity, 0) + count
        logs = np.array([self._times(queue) for queue, _, _ in lines])
        known = logs[np.isfinite(logs)]
        scale = float(np.exp(known.mean())) if len(known) else 1.0
        hours = [(now - task.received_at).total_seconds() / 3600 for _, task, _ in lines]
        moment = Moment(
            logs=logs,
            blocks=np.array([self.policy.blocks(queue.activity) for queue, _, _ in lines]),
            ages=np.maximum(np.array(hours), 0.0) / scale,
            waiting=np.array([waiting[queue.activity] for queue, _, _ in lines]),
            bonus=np.array([_urgency(queue.priority) for queue, _, _ in lines]),
            present=self._present,
            idle=free,
            burden=np.log1p([self.board.taken(one) for one in self._members]),
            price=self._price,
            backlog=sum(count for _, _, count in lines),
        )
        return rank(moment, self.policy.shared)

    def _times(self, queue: Queue) -> np.ndarray:
        """[R] logarithm of the expected hours, infinite for who may not do it."""
        key = (queue.activity, queue.skills, queue.not_for)
        found = self._logs.get(key)
        if found is None:
            hours = [
                self.speeds.hours(queue.activity, one.id)
                if queue.skills <= one.skills and one.id not in queue.not_for
                else np.inf
                for one in self._members
            ]
            found = self._logs[key] = np.log(np.array(hours, float))
        return found

    def _prices(self) -> np.ndarray:
        costs = [one.cost for one in self._members if one.cost]
        if not costs or not self.cost_weight:
            return np.zeros(len(self._members))
        usual = float(np.mean(costs))
        return np.array([self.cost_weight * (one.cost or 0.0) / usual for one in self._members])


def _urgency(priority: str) -> float:
    return PRIORITY_STEP * (PRIORITIES.index(priority) - 1) if priority in PRIORITIES else 0.0
