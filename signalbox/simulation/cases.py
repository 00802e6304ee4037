"""Cases on their way: where a case goes next, what waits, what is joined."""

from __future__ import annotations

from signalbox.learning.allocation.compiled import part
from signalbox.learning.allocation.view import WAITING
from signalbox.simulation import draws, heap, real
from signalbox.simulation.either import either
from signalbox.simulation.plant import ABORTED, FINISHED, TOKENS, Plant, State
from signalbox.simulation.queue import look


@part
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


@part
def take(state: State, j: int) -> int:
    """The next task of ``j`` leaves the queue."""
    view = state.seen
    token = state.queued[j, 0]
    view.waiting[j] = heap.pop(state.ranks[j], state.queued[j], view.waiting[j])
    view.counts[WAITING] -= 1
    look(state, j)
    return token


@part
def done(state: State, token: int) -> None:
    """A task is done: its token's place is free again."""
    state.tally[TOKENS] -= 1
    state.unused[state.tally[TOKENS]] = token
    state.live[state.token_case[token]] -= 1


def _enter(plant: Plant, state: State, seed: int, case: int, group: int, now: float) -> bool:
    j = plant.target[group]
    if not plant.instant[j]:
        wait(state, case, j, now)
        return False
    state.live[case] -= 1
    return True


def _goes_on(plant: Plant, state: State, case: int) -> bool:
    return True


def _hold(state: State, case: int, tokens: int) -> None:
    pass


def _let_go(plant: Plant, state: State, seed: int, case: int, now: float) -> int:
    return -1


# ``case`` comes to the task behind a group; True where that takes no time and is done.
enter = either(_enter, real.enter)
goes_on = either(_goes_on, real.goes_on)
hold = either(_hold, real.hold)
let_go = either(_let_go, real.let_go)


@part
def advance(plant: Plant, state: State, seed: int, case: int, source: int, now: float) -> None:
    """Send ``case`` on from ``source``: a place just done, or its start.

    Activities that take no time are passed at once. A case without tokens has ended.
    """
    instants = state.instants
    instants[0], left = source, 1
    while left > 0:
        left -= 1
        source = instants[left]
        dice = draws.uniform(seed, draws.ROUTE, case, state.steps[case])
        state.steps[case] += 1
        a = plant.first[source]
        while dice > plant.cumulative[a] and a + 1 < plant.first[source + 1]:
            a += 1
        last = plant.begin[a + 1] if goes_on(plant, state, case) else plant.begin[a]
        for e in range(plant.begin[a], last):
            group = plant.edges[e]
            state.live[case] += 1
            if plant.need[group] > 1:
                state.joined[case, group] += 1
                if state.joined[case, group] < plant.need[group]:
                    hold(state, case, 1)
                    continue
                state.joined[case, group] -= plant.need[group]
                state.live[case] -= plant.need[group] - 1
                hold(state, case, 1 - plant.need[group])
            if enter(plant, state, seed, case, group, now):
                if left < len(instants):
                    instants[left] = plant.target[group]
                    left += 1
                else:
                    state.tally[ABORTED] = 1
        if left == 0:
            place = let_go(plant, state, seed, case, now)
            if place >= 0:
                instants[0], left = place, 1
    if state.live[case] == 0:
        state.cycle[case] = now - state.arrival[case]
        state.tally[FINISHED] += 1
