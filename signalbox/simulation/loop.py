"""The event loop of one episode, compiled."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.compiled import apart, part
from signalbox.learning.allocation.policy import BY_CHANCE, choose
from signalbox.learning.allocation.view import DECISIONS, NOW, ON_SHIFT
from signalbox.simulation import clock, draws, heap, real
from signalbox.simulation.cases import advance, done, take
from signalbox.simulation.either import either
from signalbox.simulation.plant import (
    ABORTED,
    ARRIVED,
    BUSY,
    BUSY_HOURS,
    FINISHED,
    LAST,
    LOGGED,
    NEXT_ARRIVAL,
    NEXT_HOUR,
    PRESENT_HOURS,
    RUNNING,
    SERVICE_HOURS,
    SHIFT_HOURS,
    WAIT_HOURS,
    Orders,
    Plant,
    State,
    fresh,
)
from signalbox.simulation.staffing import (
    after_work,
    by_hours,
    change_shift,
    count_in,
    depart,
    occupy,
    pay_off,
    working,
)


@part
def assign(
    plant: Plant, beliefs: Beliefs, state: State, code: int, parameters: np.ndarray, seed: int
) -> None:
    """Ask the policy for pairs until it declines; each is started at once."""
    view = state.seen
    now = view.clock[NOW]
    while True:
        dice = 0.5
        if code in BY_CHANCE:
            dice = draws.uniform(seed, draws.POLICY, view.counts[DECISIONS], 0)
        j, r = choose(code, parameters, view, beliefs, dice)
        if j < 0:
            return
        view.counts[DECISIONS] += 1
        token = take(state, j)
        case = state.token_case[token]
        hours = clock.work_hours(plant, seed, case, state.token_step[token], j, r)
        ends = clock.ends(plant, r, now, hours)
        occupy(state, r, BUSY)
        state.work[r], state.lasts[r] = token, hours
        state.tally[RUNNING] = heap.push(state.ends, state.who, state.tally[RUNNING], ends, r)
        state.total[WAIT_HOURS] += now - state.token_since[token]
        state.total[SERVICE_HOURS] += hours
        state.served[j, r] += 1
        state.hours[j, r] += hours
        begun(plant, state, token, r, now, ends)


def _begun(plant: Plant, state: State, token: int, r: int, now: float, ends: float) -> None:
    pass


def _place_of(plant: Plant, state: State, token: int) -> int:
    return state.token_activity[token]


def _source_of(plant: Plant, state: State, seed: int, case: int) -> int:
    return len(plant.instant)


def _next_ready(plant: Plant, state: State) -> float:
    return np.inf


def _ready(plant: Plant, state: State, now: float) -> tuple[int, int]:
    return -1, 0


begun = either(_begun, real.begun)
place_of = either(_place_of, real.place_of)
source_of = either(_source_of, real.source_of)
next_ready = either(_next_ready, real.next_ready)
ready = either(_ready, real.ready)


@apart
def note(state: State, now: float, j: int, r: int) -> None:
    """Write down that ``r`` has done a task of ``j``."""
    at = state.tally[LOGGED]
    state.log[at, 0], state.log[at, 1], state.log[at, 2] = now, j, r
    state.log[at, 3] = state.lasts[r]
    state.tally[LOGGED] += 1


@njit
def begin(
    plant: Plant, beliefs: Beliefs, seed: int, cases: int, logged: int, records: int
) -> State:
    """The start of an episode of ``cases`` cases, with a log of ``logged`` tasks or, at 0, none.

    Of a process with `Details` the first ``records`` tasks are kept; RECORDED of its extra state
    says how many there were.
    """
    state = fresh(plant, cases, logged, records)
    for r in range(len(plant.weights)):
        count_in(state, beliefs, r, 1)
    state.seen.counts[ON_SHIFT] = len(plant.weights)
    state.agenda[NEXT_ARRIVAL] = clock.arrives(plant, seed, 0, 0.0)
    state.agenda[NEXT_HOUR] = 0.0 if by_hours(plant) else np.inf
    return state


@part
def go_on(plant: Plant, beliefs: Beliefs, state: State, orders: Orders, changing: bool) -> None:
    """Go on with an episode to its end, to a stop, or until its log is full.

    What is left unfinished at the end shows in the state. Where nothing is ``changing`` nobody
    leaves and no log is kept: as a constant it takes the code for that out.
    """
    view, cases, seed = state.seen, len(state.arrival), orders.seed
    code, parameters, until = orders.code, orders.parameters, orders.until
    last_hour, most_hours = orders.last_hour, orders.most_hours
    room = len(state.log) if changing else 0
    next_arrival, next_hour = state.agenda[NEXT_ARRIVAL], state.agenda[NEXT_HOUR]
    now, ask = state.total[LAST], orders.afresh
    while state.tally[FINISHED] < cases and state.tally[ABORTED] == 0:
        if ask:
            assign(plant, beliefs, state, code, parameters, seed)
        ask = True
        next_end = state.ends[0] if state.tally[RUNNING] > 0 else np.inf
        next_free = next_ready(plant, state)
        then = min(next_end, next_arrival, next_hour, next_free)
        if then > last_hour or state.total[PRESENT_HOURS] > most_hours:
            state.tally[ABORTED] = 1
            break
        full = room > 0 and state.tally[LOGGED] == room
        passed = (now if full else min(then, until)) - now
        state.total[PRESENT_HOURS] += passed * (state.tally[ARRIVED] - state.tally[FINISHED])
        state.total[BUSY_HOURS] += passed * working(state)
        state.total[SHIFT_HOURS] += passed * view.counts[ON_SHIFT]
        if full or then > until:
            now = now if full else until
            view.clock[NOW] = now
            break
        now = then
        view.clock[NOW] = now
        if next_end <= then:
            r = state.who[0]
            state.tally[RUNNING] = heap.pop(state.ends, state.who, state.tally[RUNNING])
            token = state.work[r]
            case, place = state.token_case[token], place_of(plant, state, token)
            if room > 0:
                note(state, now, state.token_activity[token], r)
            done(state, token)
            after_work(plant, beliefs, state, r, math.floor(now))
            if changing:
                depart(beliefs, state, r)
            advance(plant, state, seed, case, place, now)
        elif next_arrival <= then:
            case = state.tally[ARRIVED]
            state.arrival[case] = now
            state.tally[ARRIVED] += 1
            if state.tally[ARRIVED] < cases:
                next_arrival = clock.arrives(plant, seed, state.tally[ARRIVED], now)
            else:
                next_arrival = np.inf
            advance(plant, state, seed, case, source_of(plant, state, seed, case), now)
        elif next_free <= then:
            case, place = ready(plant, state, now)
            if case >= 0:
                advance(plant, state, seed, case, place, now)
        else:
            change_shift(plant, beliefs, state, seed, int(now))
            next_hour = now + 1.0
    state.agenda[NEXT_ARRIVAL], state.agenda[NEXT_HOUR] = next_arrival, next_hour
    state.total[LAST] = now


@njit
def run(plant: Plant, beliefs: Beliefs, cases: int, orders: Orders, records: int) -> State:
    """A whole episode.

    Apart from those that are stopped and changed, which take a quarter longer.
    """
    state = begin(plant, beliefs, orders.seed, cases, 0, records)
    go_on(plant, beliefs, state, orders, False)
    pay_off(plant, state)
    return state
