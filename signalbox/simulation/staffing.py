"""Who comes and who goes at the full hour."""

from __future__ import annotations

import numpy as np
from numba import njit

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.view import IDLE, ON_SHIFT
from signalbox.simulation import draws
from signalbox.simulation.plant import ABSENT, FREE, GONE, Plant, State

_LAST = 1e60


@njit(forceinline=True)
def release(state: State, r: int) -> None:
    """``r`` is free for work."""
    view = state.seen
    state.status[r] = FREE
    state.place[r] = view.counts[IDLE]
    view.idle[view.counts[IDLE]] = r
    view.counts[IDLE] += 1


@njit(forceinline=True)
def occupy(state: State, r: int, status: int) -> None:
    """``r`` is no longer free: BUSY or ABSENT."""
    view = state.seen
    view.counts[IDLE] -= 1
    last = view.idle[view.counts[IDLE]]
    view.idle[state.place[r]] = last
    state.place[last] = state.place[r]
    state.status[r] = status


@njit(forceinline=True)
def count_in(state: State, beliefs: Beliefs, r: int, sign: int) -> None:
    """``r`` joins (1) or leaves (-1) the shift."""
    state.seen.counts[ON_SHIFT] += sign
    for j in range(len(state.seen.rate)):
        state.seen.rate[j] += sign * beliefs.speeds[j, r]


@njit(forceinline=True)
def go_home(state: State, beliefs: Beliefs, r: int) -> None:
    """A free ``r`` leaves."""
    occupy(state, r, ABSENT)
    count_in(state, beliefs, r, -1)


@njit(forceinline=True)
def change_shift(plant: Plant, beliefs: Beliefs, state: State, seed: int, hour: int) -> None:
    """At the full ``hour`` call the absent while too few are there, or send the free home.

    Who comes is drawn without replacement by weight, as the order of exponential races
    (Efraimidis, Spirakis 2006), who goes uniformly. The races belong to hour and resource, so that
    two policies get the same people wherever their state lets them.
    """
    view = state.seen
    wanted = plant.schedule[hour % len(plant.schedule)]
    races = state.races
    if view.counts[ON_SHIFT] < wanted:
        for r in range(len(plant.weights)):
            races[r] = np.inf
            if state.status[r] == ABSENT:
                races[r] = draws.exponential(seed, draws.JOIN_SHIFT, hour, r)
                # Those of weight zero come after all others: better one of them than nobody.
                if plant.weights[r] > 0:
                    races[r] /= plant.weights[r]
                else:
                    races[r] = _LAST * (1.0 + races[r])
    while view.counts[ON_SHIFT] < wanted:
        chosen, least = -1, np.inf
        for r in range(len(plant.weights)):
            if races[r] < least:
                chosen, least = r, races[r]
        if chosen < 0:
            break
        races[chosen] = np.inf
        release(state, chosen)
        count_in(state, beliefs, chosen, 1)
    if view.counts[ON_SHIFT] > wanted:
        for i in range(view.counts[IDLE]):
            r = view.idle[i]
            races[r] = draws.uniform(seed, draws.LEAVE_SHIFT, hour, r)
    while view.counts[ON_SHIFT] > wanted and view.counts[IDLE] > 0:
        leaver, least = -1, np.inf
        for i in range(view.counts[IDLE]):
            if races[view.idle[i]] < least:
                leaver, least = view.idle[i], races[view.idle[i]]
        go_home(state, beliefs, leaver)


@njit(forceinline=True)
def after_work(plant: Plant, beliefs: Beliefs, state: State, r: int, hour: int) -> None:
    """A busy ``r`` has ended a task: free again, or home where the others are too many already.

    The benchmark counts the others alone, so one more than wanted stays as long as each full hour
    finds it at work. Counting ``r`` as well makes every published figure half as high again.
    """
    release(state, r)
    others = state.seen.counts[ON_SHIFT] - 1
    if len(plant.schedule) > 0 and others > plant.schedule[hour % len(plant.schedule)]:
        go_home(state, beliefs, r)


@njit
def depart(beliefs: Beliefs, state: State, r: int) -> None:
    """``r``, whose task has ended, goes for good where it has left the process.

    A call of its own, not put in line: there it would make every episode a quarter slower, those
    in which nobody leaves as well.
    """
    if state.leaves[r]:
        if state.status[r] == FREE:
            go_home(state, beliefs, r)
        state.status[r] = GONE
