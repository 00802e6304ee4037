"""Cases on their way: where a case goes next, what waits, what is joined."""

from __future__ import annotations

import numpy as np
from numba import njit

from signalbox.learning.allocation.view import WAITING
from signalbox.simulation import draws, heap
from signalbox.simulation.plant import ABORTED, FINISHED, TOKENS, Plant, State


@njit(forceinline=True)
def look(state: State, j: int) -> None:
    """Show the policy the task of ``j`` that is next in line."""
    view = state.seen
    if view.waiting[j] > 0:
        token = state.queued[j, 0]
        view.arrived[j] = state.arrival[state.token_case[token]]
        view.since[j] = state.token_since[token]


@njit(forceinline=True)
def wait(state: State, case: int, j: int, now: float) -> None:
    """A task of activity ``j`` of ``case`` joins the queue; the oldest case stands first."""
    if state.tally[TOKENS] >= len(state.unused):
        state.tally[ABORTED] = 1
        return
    token = state.unused[state.tally[TOKENS]]
    state.tally[TOKENS] += 1
    state.token_case[token], state.token_activity[token] = case, j
    state.token_step[token], state.token_since[token] = state.steps[case], now
    state.steps[case] += 1
    view = state.seen
    view.waiting[j] = heap.push(
        state.ranks[j], state.queued[j], view.waiting[j], state.arrival[case], token
    )
    view.counts[WAITING] += 1
    look(state, j)


@njit(forceinline=True)
def take(state: State, j: int) -> int:
    """The next task of ``j`` leaves the queue."""
    view = state.seen
    token = state.queued[j, 0]
    view.waiting[j] = heap.pop(state.ranks[j], state.queued[j], view.waiting[j])
    view.counts[WAITING] -= 1
    look(state, j)
    return token


@njit(forceinline=True)
def done(state: State, token: int) -> None:
    """A task is done: its token's place is free again."""
    state.tally[TOKENS] -= 1
    state.unused[state.tally[TOKENS]] = token
    state.live[state.token_case[token]] -= 1


@njit(forceinline=True)
def advance(plant: Plant, state: State, seed: int, case: int, source: int, now: float) -> None:
    """Send ``case`` on from ``source``: an activity just done, or its start.

    Activities that take no time are passed at once. A case without tokens has ended.
    """
    instants = np.empty(len(plant.instant) + 1, np.int64)
    instants[0], left = source, 1
    while left > 0:
        left -= 1
        source = instants[left]
        dice = draws.uniform(seed, draws.ROUTE, case, state.steps[case])
        state.steps[case] += 1
        a = plant.first[source]
        while dice > plant.cumulative[a] and a + 1 < plant.first[source + 1]:
            a += 1
        for e in range(plant.begin[a], plant.begin[a + 1]):
            group = plant.edges[e]
            j = plant.target[group]
            state.live[case] += 1
            if plant.need[group] > 1:
                state.joined[case, group] += 1
                if state.joined[case, group] < plant.need[group]:
                    continue
                state.joined[case, group] -= plant.need[group]
                state.live[case] -= plant.need[group] - 1
            if not plant.instant[j]:
                wait(state, case, j, now)
            elif left < len(instants):
                state.live[case] -= 1
                instants[left] = j
                left += 1
            else:
                state.tally[ABORTED] = 1
    if state.live[case] == 0:
        state.cycle[case] = now - state.arrival[case]
        state.tally[FINISHED] += 1
