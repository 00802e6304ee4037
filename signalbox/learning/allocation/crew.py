"""One team at one moment: who may take what, how good each pair is, and who comes after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from signalbox.domain.assignment import Assignment
from signalbox.domain.resource import Resource
from signalbox.learning.allocation.board import Board, Queue
from signalbox.learning.allocation.lines import Lines
from signalbox.learning.allocation.live_policy import LivePolicy
from signalbox.learning.allocation.moment import Moment, rank
from signalbox.learning.allocation.speeds import Speeds
from signalbox.learning.allocation.times import Times

MOST_CANDIDATES = 8
MOST_REFUSED = 3
MOST_ROWS = 2_000
"""Rows of times that are kept though nobody may ask for them any more."""


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
    """The next task to be given out and who could take it, best first. ``refused`` are some of
    those whom the policy would rather not ask, though they are free. ``passed_over`` are the
    minutes, by resource, that the oldest task has waited which it could do and which came before.
    """

    queue: Queue
    task: Assignment
    candidates: tuple[Candidate, ...]
    refused: tuple[Candidate, ...]
    passed_over: dict[str, int]


class Crew:
    """The resources of one team and what the policy needs to know of them.

    What changes only with the register, with what was learned, or by the minute is worked out once.
    """

    def __init__(
        self,
        board: Board,
        team: str,
        speeds: Speeds,
        policy: LivePolicy,
        longest_hold: timedelta,
        cost_weight: float = 0.0,
    ) -> None:
        self.board, self.team, self._speeds, self._policy = board, team, speeds, policy
        self._longest_hold, self._cost_weight = longest_hold, cost_weight
        self._state: tuple[object, ...] = ()
        self.members: list[Resource] = []
        self._times, self._lines = Times((), speeds), Lines(policy)
        self._present = np.zeros(0, bool)
        self._price = np.zeros(0)

    def look(self, now: datetime) -> None:
        """Bring up to date who is there; cheap where nothing has changed."""
        known = (self.board.version, self._speeds.fitted)
        state = (*known, now.replace(second=0, microsecond=0))
        if state == self._state:
            return
        crowded = len(self._times) > max(MOST_ROWS, 4 * len(self._lines))
        if self._state[:1] == known[:1] and not crowded:
            if self._state[:2] != known:
                self._times.relearn()
        else:
            self.members = sorted(self.board.teams.get(self.team, []), key=lambda one: one.id)
            self._times = Times(self.members, self._speeds)
            self._lines = Lines(self._policy)
            for queue in self.board.queues(self.team):
                self._lines.note(queue, self.board, self._times)
            self._price = self._prices()
        self._present = np.array([one.on_shift(now) for one in self.members], bool)
        self._times.there(self._present)
        self._state = state

    @property
    def present(self) -> int:
        """How many are on shift."""
        return int(self._present.sum())

    @property
    def holds(self) -> int:
        """Places that are taken, of everybody together."""
        return sum(self.board.taken(one) for one in self.members)

    def able(self, queue: Queue) -> list[Resource]:
        """Who may do the tasks of a queue at all."""
        may = np.isfinite(self._times.of(queue))
        return [self.members[r] for r in np.flatnonzero(may)]

    def fastest_hours(self, queue: Queue) -> float:
        """Expected hours of the fastest who may do the tasks of a queue; infinite for nobody."""
        times = self._times.of(queue)
        return float(np.exp(times.min())) if len(times) else np.inf

    def pick(self, now: datetime, skip: frozenset[Queue] = frozenset()) -> Pick | None:
        """The task to be given out next, leaving queues to ``skip`` out; None where nobody is free
        for any.

        A pick without candidates is of a queue all of whose free resources are refused.
        """
        places = [self.board.taken(one) < one.capacity for one in self.members]
        idle = np.flatnonzero(self._present & np.array(places, bool))
        if not len(idle):
            return None
        lines = self._lines
        lines.follow(self.board, self.team, self._times)
        at = lines.filled(skip)
        if not len(at):
            return None
        arrived = lines.arrived[at]
        ranking = rank(self._moment(at, idle, now), self._policy.shared)
        expired = now.timestamp() - lines.since[at] >= self._longest_hold.total_seconds()
        refused = ranking.refused & ~expired[:, None]
        value = np.where(refused, -np.inf, ranking.value)
        if np.isfinite(value).any():
            best = int(np.argmax(value.max(axis=1)))
        elif refused.any():
            best = int(np.argmax(refused.any(axis=1)))
        else:
            return None
        queue = lines.queues[at[best]]
        found = self.board.head(queue)
        assert found is not None  # it was followed a moment ago
        task = found[0]
        rows = lines.rows[at]

        def some(of: np.ndarray, most: int) -> tuple[Candidate, ...]:
            able = np.flatnonzero(of)
            order = able[np.argsort(-ranking.value[best, able], kind="stable")][:most]
            return tuple(
                self._candidate(queue, idle[i], float(ranking.value[best, i])) for i in order
            )

        candidates = some(np.isfinite(value[best]), MOST_CANDIDATES)
        earlier = arrived < arrived[best]
        passed: dict[str, int] = {}
        numbers = {one.id: i for i, one in zip(idle, (self.members[r] for r in idle), strict=True)}
        columns = np.array([numbers[one.resource.id] for one in candidates], int)
        could = np.isfinite(self._times.some(rows[earlier], columns))
        for column, one in enumerate(candidates):
            waited = arrived[earlier][could[:, column]]
            minutes = (now.timestamp() - waited.min()) / 60 if len(waited) else 0.0
            passed[one.resource.id] = max(0, int(minutes))
        return Pick(queue, task, candidates, some(refused[best], MOST_REFUSED), passed)

    def _candidate(self, queue: Queue, r: int, value: float) -> Candidate:
        one = self.members[r]
        return Candidate(
            resource=one,
            hours=float(np.exp(self._times.of(queue)[r])),
            tasks=self._speeds.tasks(queue.activity, one.id),
            taken=self.board.taken(one),
            value=value,
        )

    def _moment(self, at: np.ndarray, idle: np.ndarray, now: datetime) -> Moment:
        lines = self._lines
        rows, counts, activity = lines.rows[at], lines.counts[at], lines.activity[at]
        by_activity = np.bincount(activity, weights=counts)
        pools = self._times.pools(rows)
        hours = np.maximum(now.timestamp() - lines.arrived[at], 0.0) / 3600
        return Moment(
            logs=self._times.some(rows, idle),
            idle=idle,
            pools=pools,
            blocks=lines.blocks[at],
            ages=hours / float(np.exp(pools.typical.mean())),
            waiting=by_activity[activity],
            bonus=lines.bonus[at],
            burden=np.log1p([self.board.taken(self.members[r]) for r in idle]),
            price=self._price[idle],
            backlog=int(counts.sum()),
            staff=self.present,
        )

    def _prices(self) -> np.ndarray:
        costs = [one.cost for one in self.members if one.cost]
        if not costs or not self._cost_weight:
            return np.zeros(len(self.members))
        usual = float(np.mean(costs))
        return np.array([self._cost_weight * (one.cost or 0.0) / usual for one in self.members])
