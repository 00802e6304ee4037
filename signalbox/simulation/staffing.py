"""Who comes and who goes at the full hour."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.compiled import apart, part
from signalbox.learning.allocation.view import IDLE, NOW, ON_SHIFT
from signalbox.simulation import draws
from signalbox.simulation.either import either
from signalbox.simulation.plant import (
    ABSENT,
    BUSY,
    FREE,
    GONE,
    PAUSED,
    RUNNING,
    Plant,
    State,
)

_LAST = 1e60


@part
def release(state: State, r: int) -> None:
    """``r`` is free for work."""
    view = state.seen
    state.status[r] = FREE
    state.place[r] = view.counts[IDLE]
    view.idle[view.counts[IDLE]] = r
    view.counts[IDLE] += 1


@part
def occupy(state: State, r: int, status: int) -> None:
    """``r`` is no longer free: BUSY or ABSENT."""
    view = state.seen
    view.counts[IDLE] -= 1
    last = view.idle[view.counts[IDLE]]
    view.idle[state.place[r]] = last
    state.place[last] = state.place[r]
    state.status[r] = status


def _pay(state: State, r: int, sign: int) -> None:
    pass


def _pay_hours(state: State, r: int, sign: int) -> None:
    now = state.seen.clock[NOW]
    if sign > 0:
        state.extra.came[r] = now
    else:
        state.extra.paid[r] += now - state.extra.came[r]


# ``r`` joins (1) or leaves (-1) the shift: the hours between are paid for.
pay = either(_pay, _pay_hours)


@part
def count_in(state: State, beliefs: Beliefs, r: int, sign: int) -> None:
    """``r`` joins (1) or leaves (-1) the shift."""
    pay(state, r, sign)
    state.seen.counts[ON_SHIFT] += sign
    for j in range(len(state.seen.rate)):
        state.seen.rate[j] += sign * beliefs.speeds[j, r]


@part
def go_home(state: State, beliefs: Beliefs, r: int) -> None:
    """A free ``r`` leaves."""
    occupy(state, r, ABSENT)
    count_in(state, beliefs, r, -1)


def _no_hours(plant: Plant, beliefs: Beliefs, state: State, hour: int) -> bool:
    return False


def _keep_hours(plant: Plant, beliefs: Beliefs, state: State, hour: int) -> bool:
    calendars, paused = plant.extra.calendars, state.extra.paused
    if len(calendars) == 0:
        return False
    for r in range(len(plant.weights)):
        working = calendars[r, hour % calendars.shape[1]]
        if state.status[r] == BUSY and working == paused[r]:
            paused[r] = not working
            state.extra.tallied[PAUSED] += -1 if working else 1
            count_in(state, beliefs, r, 1 if working else -1)
        elif state.status[r] == ABSENT and working:
            release(state, r)
            count_in(state, beliefs, r, 1)
        elif state.status[r] == FREE and not working:
            go_home(state, beliefs, r)
    return True


def _no_home(plant: Plant, beliefs: Beliefs, state: State, r: int, hour: int) -> bool:
    return False


def _home_by_hours(plant: Plant, beliefs: Beliefs, state: State, r: int, hour: int) -> bool:
    calendars = plant.extra.calendars
    if len(calendars) == 0:
        return False
    if state.extra.paused[r]:
        # Rounding has put the end of the task just behind the end of the shift.
        state.extra.paused[r] = False
        state.extra.tallied[PAUSED] -= 1
        count_in(state, beliefs, r, 1)
    if not calendars[r, hour % calendars.shape[1]]:
        go_home(state, beliefs, r)
    return True


def _by_hours(plant: Plant) -> bool:
    return len(plant.schedule) > 0


def _by_either(plant: Plant) -> bool:
    return len(plant.schedule) > 0 or len(plant.extra.calendars) > 0


def _working(state: State) -> int:
    return state.tally[RUNNING]


def _not_paused(state: State) -> int:
    return state.tally[RUNNING] - state.extra.tallied[PAUSED]


def _no_pay(plant: Plant, state: State) -> None:
    pass


def _pay_off(plant: Plant, state: State) -> None:
    for r in range(len(plant.weights)):
        if state.status[r] != ABSENT and not state.extra.paused[r]:
            pay(state, r, -1)


# At the full hour everybody with a calendar comes or goes by it, work in hand stays in hand;
# False where there are no calendars.
keep_hours = either(_no_hours, _keep_hours)
# Whoever has just ended a task goes home where the calendar says so; False without calendars.
home_by_hours = either(_no_home, _home_by_hours)
# Whether the full hour changes anything.
by_hours = either(_by_hours, _by_either)
# How many are at work now.
working = either(_working, _not_paused)
# The end of an episode: who is still there is paid until now.
pay_off = either(_no_pay, _pay_off)


@part
def change_shift(plant: Plant, beliefs: Beliefs, state: State, seed: int, hour: int) -> None:
    """At the full ``hour`` call the absent while too few are there, or send the free home.

    Who comes is drawn without replacement by weight, as the order of exponential races
    (Efraimidis, Spirakis 2006), who goes uniformly. The races belong to hour and resource, so that
    two policies get the same people wherever their state lets them.
    """
    view = state.seen
    if keep_hours(plant, beliefs, state, hour):
        return
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


@part
def after_work(plant: Plant, beliefs: Beliefs, state: State, r: int, hour: int) -> None:
    """A busy ``r`` has ended a task: free again, or home where the others are too many already.

    The benchmark counts the others alone, so one more than wanted stays as long as each full hour
    finds it at work. Counting ``r`` as well makes every published figure half as high again.
    """
    release(state, r)
    if home_by_hours(plant, beliefs, state, r, hour):
        return
    others = state.seen.counts[ON_SHIFT] - 1
    if len(plant.schedule) > 0 and others > plant.schedule[hour % len(plant.schedule)]:
        go_home(state, beliefs, r)


@apart
def depart(beliefs: Beliefs, state: State, r: int) -> None:
    """``r``, whose task has ended, goes for good where it has left the process.

    A call of its own, not put in line: there it would make every episode a quarter slower, those
    in which nobody leaves as well.
    """
    if state.leaves[r]:
        if state.status[r] == FREE:
            go_home(state, beliefs, r)
        state.status[r] = GONE
