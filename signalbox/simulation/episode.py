"""One episode from Python: a process, a policy, what it believes, a seed; and what came of it."""

from __future__ import annotations

import hashlib
import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numba import njit

from signalbox.learning.allocation import (
    beliefs,
    compiled,
    dispatching,
    hungarian,
    index,
    parameters,
    policy,
    view,
)
from signalbox.learning.allocation.beliefs import Beliefs, believe
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.view import DECISIONS
from signalbox.simulation import (
    cases,
    clock,
    draws,
    either,
    heap,
    loop,
    plant,
    queue,
    real,
    staffing,
)
from signalbox.simulation.plant import (
    BUSY_HOURS,
    FINISHED,
    LAST,
    PRESENT_HOURS,
    RECORDED,
    SHIFT_HOURS,
    WAIT_HOURS,
    Orders,
    Plant,
    State,
    plant_of,
)
from signalbox.simulation.process import Process

CASES = 2500
PATIENCE = 4.0
GRACE_HOURS = 168.0 * 52


@dataclass(frozen=True, slots=True)
class Episode:
    """What one run of a process gave; hours throughout.

    ``cycle`` holds each case's time from arrival to end, NaN where it did not end; a run with any
    such case has failed and is not to be scored. ``wait`` is the time tasks of a case waited for
    somebody, ``present`` the time all cases have spent in the process so far. ``seconds`` is the
    processor time it took.
    """

    cycle: np.ndarray
    wait: float
    present: float
    utilisation: float
    last: float
    decisions: int
    seconds: float

    @property
    def unfinished(self) -> int:
        """Cases that did not end."""
        return int(np.isnan(self.cycle).sum())


def beliefs_of(process: Process, means: np.ndarray | None = None) -> Beliefs:
    """What a policy holds true of ``process``: its own means, or those given, [J, R] in hours."""
    return believe(
        process.means if means is None else means,
        process.successors()[:-1],
        process.visits(),
        process.staff,
        process.weights,
        process.can_be_called,
    )


@dataclass(frozen=True, slots=True)
class Kernel:
    """The compiled event loop: an episode as a whole, the start of one, and going on with one."""

    run: Callable[[Plant, Beliefs, int, Orders, int], State]
    begin: Callable[[Plant, Beliefs, int, int, int], State]
    go_on: Callable[[Plant, Beliefs, State, Orders], None]


@lru_cache(maxsize=1)
def kernel() -> Kernel:
    """Compiled once a process, and kept on disk where that is possible."""
    parts: list[ModuleType] = [beliefs, compiled, dispatching, hungarian, index, parameters]
    parts += [policy, view, cases, clock, draws, either, heap, loop, plant, queue, real, staffing]
    text = "".join(inspect.getsource(part) for part in parts)
    sources = int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)

    # numba keys what it keeps by these functions and what they close over, not by the functions
    # they call: without the digest an edited policy would run as it was compiled before. The loop
    # itself is not closed over: the key would be another one in each process.
    def run(plant: Plant, beliefs: Beliefs, cases: int, orders: Orders, records: int) -> Any:
        _ = sources
        return loop.run(plant, beliefs, cases, orders, records)

    def begin(plant: Plant, beliefs: Beliefs, seed: int, cases: int, logged: int) -> Any:
        _ = sources
        return loop.begin(plant, beliefs, seed, cases, logged, 0)

    def go_on(plant: Plant, beliefs: Beliefs, state: State, orders: Orders) -> None:
        _ = sources
        loop.go_on(plant, beliefs, state, orders, True)

    try:
        return Kernel(*(njit(nogil=True, cache=True)(part) for part in (run, begin, go_on)))
    except RuntimeError:
        # No folder that can be written to: compile in memory.
        return Kernel(*(njit(nogil=True)(part) for part in (run, begin, go_on)))


def run_episode(
    process: Process,
    policy: Policy,
    seed: int,
    *,
    believed: Beliefs | None = None,
    cases: int = CASES,
    most_hours: float = np.inf,
) -> Episode:
    """Simulate ``cases`` cases of ``process``.

    Args:
        process: what really happens.
        policy: who decides.
        seed: of everything random; the same seed gives all policies the same cases.
        believed: what the policy holds true; default: the process as it is.
        cases: how many arrive.
        most_hours: stop once all cases together have spent this long in the process.
    """
    state, seconds = simulate(
        plant_of(process), policy, seed, believed or beliefs_of(process), cases, most_hours
    )
    return outcome(state, seconds)


def simulate(
    plant: Plant,
    policy: Policy,
    seed: int,
    believed: Beliefs,
    cases: int,
    most_hours: float,
    records: int = 0,
) -> tuple[State, float]:
    """The final state of one episode and the processor time it took, in seconds.

    With ``records`` above 0 the state of a process with details keeps every task, in as many more
    rows as it takes.
    """
    compiled = kernel()
    policy = policy.equipped(*plant.means.shape)
    orders = Orders(
        code=policy.code,
        parameters=policy.parameters,
        seed=seed,
        last_hour=last_hour(plant, cases),
        most_hours=float(most_hours),
        until=math.inf,
        afresh=False,
    )
    began = time.thread_time()
    state = compiled.run(plant, believed, cases, orders, records)
    if records and state.extra.tallied[RECORDED] > records:
        # The same seed gives the same episode: only the room for it was too small.
        room = int(state.extra.tallied[RECORDED])
        state = compiled.run(plant, believed, cases, orders, room)
    return state, time.thread_time() - began


def last_hour(plant: Plant, cases: int) -> float:
    """When an episode of ``cases`` cases has failed, however little it has left."""
    return float(PATIENCE * cases * plant.interarrival + GRACE_HOURS)


def outcome(state: State, seconds: float) -> Episode:
    """The figures of a final state."""
    total, shift = state.total, state.total[SHIFT_HOURS]
    ended = int(state.tally[FINISHED])
    return Episode(
        cycle=state.cycle,
        wait=float(total[WAIT_HOURS] / max(len(state.cycle), 1)) if ended else 0.0,
        present=float(total[PRESENT_HOURS]),
        utilisation=float(total[BUSY_HOURS] / shift) if shift > 0 else 0.0,
        last=float(total[LAST]),
        decisions=int(state.seen.counts[DECISIONS]),
        seconds=seconds,
    )
