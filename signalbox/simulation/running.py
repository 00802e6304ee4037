"""An episode that can be stopped, looked at, changed, and gone on with."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.view import IDLE, ON_SHIFT, View
from signalbox.simulation.episode import (
    CASES,
    Episode,
    beliefs_of,
    kernel,
    last_hour,
    outcome,
)
from signalbox.simulation.plant import (
    ABORTED,
    ABSENT,
    ARRIVED,
    FINISHED,
    FREE,
    GONE,
    LAST,
    LOGGED,
    NEXT_ARRIVAL,
    RUNNING,
    Orders,
    Plant,
    State,
    plant_of,
)
from signalbox.simulation.process import Process

_LOGGED = 4096


@dataclass(slots=True)
class Running:
    """One episode under way.

    Args:
        process: what really happens, until ``change``.
        policy: who decides, until ``decide``.
        seed: of everything random, as in ``run_episode``.
        believed: what the policy holds true; default: the process as it is.
        cases: how many arrive.

    Stopped or not, an episode without a change is the one of ``run_episode`` to the last bit of
    every case.
    """

    process: Process
    policy: Policy
    seed: int
    believed: Beliefs | None = None
    cases: int = CASES
    seconds: float = 0.0
    _plant: Plant = field(init=False)
    _beliefs: Beliefs = field(init=False)
    _state: State = field(init=False)
    _last_hour: float = field(init=False)
    _afresh: bool = False
    _services: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._plant = plant_of(self.process)
        if self._plant.extra:
            fix = "leave hours, delays and classes out of it"
            raise BadInput(f"{self.process.name}: only a plain process can change", hint=fix)
        self._beliefs = self.believed or beliefs_of(self.process)
        self._last_hour = last_hour(self._plant, self.cases)
        self._state = kernel().begin(self._plant, self._beliefs, self.seed, self.cases, _LOGGED)

    @property
    def now(self) -> float:
        """Hours since the start of the first week."""
        return float(self._state.total[LAST])

    @property
    def over(self) -> bool:
        """All cases have ended, or never will."""
        tally = self._state.tally
        return bool(tally[FINISHED] == self.cases or tally[ABORTED])

    @property
    def services(self) -> np.ndarray:
        """The tasks done so far, [n, 4]: moment of the end, activity, resource, hours."""
        if len(self._services) > 1:
            self._services = [np.concatenate(self._services)]
        return self._services[0] if self._services else np.zeros((0, 4))

    @property
    def arrivals(self) -> np.ndarray:
        """When the cases so far came, [n], in hours."""
        return self._state.arrival[: self._state.tally[ARRIVED]].copy()

    @property
    def at_work(self) -> np.ndarray:
        """The tasks under way, [n, 4]: moment of the start, activity, resource, hours so far."""
        state = self._state
        lines = []
        for end, r in zip(state.ends, state.who[: state.tally[RUNNING]], strict=False):
            start = end - state.lasts[r]
            j = state.token_activity[state.work[r]]
            lines.append((start, j, r, self.now - start))
        return np.array(lines, float).reshape(-1, 4)

    def until(self, moment: float = math.inf) -> None:
        """Go on to ``moment``, or to the end where that comes before."""
        state, began = self._state, time.thread_time()
        while not self.over and self.now < moment:
            orders = Orders(
                code=self.policy.code,
                parameters=self.policy.equipped(*self._plant.means.shape).parameters,
                seed=self.seed,
                last_hour=self._last_hour,
                most_hours=math.inf,
                until=float(moment),
                afresh=self._afresh,
            )
            kernel().go_on(self._plant, self._beliefs, state, orders)
            self._afresh = False
            if state.tally[LOGGED]:
                self._services.append(state.log[: state.tally[LOGGED]].copy())
                state.tally[LOGGED] = 0
        self.seconds += time.thread_time() - began

    def decide(self, policy: Policy, believed: Beliefs) -> None:
        """From now on ``policy`` decides, and holds ``believed`` true."""
        view, status = self._state.seen, self._state.status
        self.policy, self._beliefs, self._afresh = policy, believed, True
        there = (status != ABSENT) & (status != GONE)
        view.rate[:] = (1 / believed.means[:, there]).sum(axis=1)

    def change(self, process: Process) -> None:
        """From now on ``process`` happens; who is not of it leaves for good once free.

        Work begun keeps the time it was going to take. The routes, activities and everybody's names
        have to be those of before.

        Raises:
            BadInput: other activities, or people who were not there.
        """
        if process.activities != self.process.activities:
            fix = "change speeds, load, staff or routes; activities stay"
            raise BadInput(f"{process.name}: has other activities than before", hint=fix)
        state, before = self._state, self._plant
        stays = np.isin(self.process.resources, process.resources)
        self._plant = plant_of(process.placed(self.process.resources))
        self._last_hour = max(self._last_hour, last_hour(self._plant, self.cases))
        # What is left of an exponential gap is one itself: the next case comes sooner or later in
        # the proportion of the rates, and the draw stays that of the seed.
        left = state.agenda[NEXT_ARRIVAL] - self.now
        state.agenda[NEXT_ARRIVAL] = self.now + left * (process.interarrival / before.interarrival)
        for r in np.flatnonzero(~stays):
            if state.status[r] == FREE:
                self._send_away(int(r))
            elif state.status[r] == ABSENT:
                state.status[r] = GONE
            else:
                state.leaves[r] = True

    def _send_away(self, r: int) -> None:
        state, view = self._state, self._state.seen
        view.counts[IDLE] -= 1
        last = view.idle[view.counts[IDLE]]
        view.idle[state.place[r]] = last
        state.place[last] = state.place[r]
        state.status[r] = GONE
        view.counts[ON_SHIFT] -= 1
        able = np.isfinite(self._beliefs.means[:, r])
        view.rate[able] -= 1 / self._beliefs.means[able, r]

    def copy(self) -> Running:
        """The same episode at the same moment; each goes on by itself."""
        twin = object.__new__(Running)
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        state = self._state
        seen = View(*(part.copy() for part in state.seen))
        twin._state = State._make([seen, *(one.copy() for one in state[1:-1]), state.extra])
        twin._services = list(self._services)
        return twin

    def result(self) -> Episode:
        """The figures so far."""
        return outcome(self._state, self.seconds)
