"""What only processes with `Details` do on the way of a case: delays, classes, lenient joins."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.compiled import apart
from signalbox.learning.allocation.view import WAITING
from signalbox.simulation import clock, draws, heap
from signalbox.simulation.plant import (
    ABORTED,
    ACTIVITY,
    BEGUN,
    CASE,
    DELAYED,
    ENABLED,
    ENDED,
    GROUP,
    READY,
    RECORDED,
    RESOURCE,
    TOKENS,
    Plant,
    State,
)
from signalbox.simulation.queue import look

FAR = 1e9
"""Hours; no two cases of an episode arrive so far apart."""


@apart
def token_for(plant: Plant, state: State, case: int, group: int, now: float) -> int:
    """A new token of ``case``, let through by ``group``; -1 where there is no room left."""
    if state.tally[TOKENS] >= len(state.unused):
        state.tally[ABORTED] = 1
        return -1
    token = state.unused[state.tally[TOKENS]]
    state.tally[TOKENS] += 1
    state.token_case[token], state.extra.group[token] = case, group
    state.token_activity[token] = plant.extra.activity[plant.target[group]]
    state.token_step[token] = state.steps[case]
    state.extra.enabled[token] = now
    state.steps[case] += 1
    return token


@apart
def wait(plant: Plant, state: State, token: int, now: float) -> None:
    """A task joins the queue of its activity; the oldest case of the highest priority is first."""
    case, j = state.token_case[token], state.token_activity[token]
    state.token_since[token] = now
    view = state.seen
    rank = state.arrival[case] - plant.extra.priorities[state.extra.kind[case]] * FAR
    view.waiting[j] = heap.push(state.ranks[j], state.queued[j], view.waiting[j], rank, token)
    view.counts[WAITING] += 1
    look(state, j)


@apart
def note(
    records: np.ndarray,
    count: np.ndarray,
    who: tuple[int, int, int, int],
    times: tuple[float, float, float, float],
) -> None:
    """Keep a task: (case, activity, resource, group) and (enabled, ready, begun, ended)."""
    if len(records) == 0:
        return
    n = count[RECORDED]
    count[RECORDED] += 1
    if n < len(records):
        row = records[n]
        row[CASE], row[ACTIVITY], row[RESOURCE], row[GROUP] = who
        row[ENABLED], row[READY], row[BEGUN], row[ENDED] = times


def enter(plant: Plant, state: State, seed: int, case: int, group: int, now: float) -> bool:
    """``case`` comes to the task behind ``group``; True where that takes no time and is done."""
    j = plant.extra.activity[plant.target[group]]
    row = plant.extra.delay_of[group] if len(plant.extra.delay_of) > 0 else -1
    hours = 0.0
    if row >= 0:
        while now - state.arrival[case] >= plant.extra.delay_until[row]:
            row += 1
        dice = draws.uniform(seed, draws.DELAY, case, state.steps[case])
        hours = draws.from_table(plant.extra.delays[row], dice)
    if plant.instant[j] and hours <= 0:
        who, times = (case, j, -1, group), (now, now, now, now)
        note(state.extra.records, state.extra.tallied, who, times)
        state.live[case] -= 1
        return True
    token = token_for(plant, state, case, group, now)
    if token >= 0 and hours > 0:
        ready = now + hours
        if len(plant.extra.delay_clock) > 0:
            ready = clock.later(plant.extra.delay_clock, now, hours)
        state.extra.tallied[DELAYED] = heap.push(
            state.extra.later,
            state.extra.delayed,
            state.extra.tallied[DELAYED],
            ready,
            token,
        )
    elif token >= 0:
        wait(plant, state, token, now)
    return False


_enter = apart(enter)


def goes_on(plant: Plant, state: State, case: int) -> bool:
    """Whether ``case`` has not made the most steps yet."""
    return plant.extra.most_steps == 0 or state.steps[case] <= plant.extra.most_steps


def hold(state: State, case: int, tokens: int) -> None:
    """So many more tokens of ``case`` wait at joins."""
    state.extra.held[case] += tokens


def let_go(plant: Plant, state: State, seed: int, case: int, now: float) -> int:
    """Where every token of ``case`` waits for one that will not come, the first join lets go.

    Returns the place behind it where that takes no time, or -1.
    """
    if not plant.extra.lenient or state.live[case] == 0:
        return -1
    if state.live[case] != state.extra.held[case]:
        return -1
    group = 0
    while state.joined[case, group] == 0:
        group += 1
    state.extra.held[case] -= state.joined[case, group]
    state.live[case] -= state.joined[case, group] - 1
    state.joined[case, group] = 0
    return plant.target[group] if _enter(plant, state, seed, case, group, now) else -1


def place_of(plant: Plant, state: State, token: int) -> int:
    """The place of the routing a token is at."""
    return plant.target[state.extra.group[token]]


def source_of(plant: Plant, state: State, seed: int, case: int) -> int:
    """The start of the class ``case`` is drawn to be of."""
    kind = 0
    shares = plant.extra.shares
    if len(shares) > 1:
        dice = draws.uniform(seed, draws.CLASS, case, 0)
        while dice > shares[kind] and kind + 1 < len(shares):
            kind += 1
    state.extra.kind[case] = kind
    return len(plant.extra.activity) + kind


def begun(plant: Plant, state: State, token: int, r: int, now: float, ends: float) -> None:
    """``r`` begins a task, and will have ended it at ``ends``."""
    case, since = state.token_case[token], state.token_since[token]
    state.extra.waited[case] += now - since
    who = (case, state.token_activity[token], r, state.extra.group[token])
    times = (state.extra.enabled[token], since, now, ends)
    note(state.extra.records, state.extra.tallied, who, times)


def next_ready(plant: Plant, state: State) -> float:
    """When the next delay is over, infinite where there is none."""
    return state.extra.later[0] if state.extra.tallied[DELAYED] > 0 else np.inf


def ready(plant: Plant, state: State, now: float) -> tuple[int, int]:
    """The next delay is over: (case, place) where the task takes no time, else (-1, 0)."""
    extra = state.extra
    token = extra.delayed[0]
    extra.tallied[DELAYED] = heap.pop(extra.later, extra.delayed, extra.tallied[DELAYED])
    case, j, group = state.token_case[token], state.token_activity[token], extra.group[token]
    if not plant.instant[j]:
        wait(plant, state, token, now)
        return -1, 0
    note(extra.records, extra.tallied, (case, j, -1, group), (extra.enabled[token], now, now, now))
    state.tally[TOKENS] -= 1
    state.unused[state.tally[TOKENS]] = token
    state.live[case] -= 1
    return case, plant.target[group]
