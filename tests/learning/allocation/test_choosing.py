"""What each policy chooses in a situation that can be worked out by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation import hungarian
from signalbox.learning.allocation import parameters as parameters_of
from signalbox.learning.allocation.beliefs import Beliefs, believe
from signalbox.learning.allocation.policy import CODES, Policy, choose
from signalbox.learning.allocation.view import IDLE, NOW, ON_SHIFT, WAITING, View

INF = np.inf
MEANS = np.array([[1.0, 4.0, INF], [2.0, 3.0, 9.0]])


def believing(means: np.ndarray = MEANS, schedule: np.ndarray | None = None) -> Beliefs:
    kinds, people = means.shape
    return believe(
        means,
        np.zeros((kinds, kinds)),
        np.ones(kinds),
        np.zeros(0, int) if schedule is None else schedule,
        np.ones(people),
        np.ones(people, bool),
    )


def seeing(waiting: list[int], idle: list[int], since: list[float], people: int = 3) -> View:
    view = View(
        waiting=np.array(waiting),
        arrived=np.array(since),
        since=np.array(since),
        idle=np.array(idle + [0] * (people - len(idle))),
        rate=np.ones(len(waiting)),
        counts=np.zeros(4, np.int64),
        clock=np.array([10.0]),
    )
    view.counts[IDLE], view.counts[ON_SHIFT] = len(idle), people
    view.counts[WAITING] = sum(waiting)
    return view


def chosen(name: str, view: View, beliefs: Beliefs, dice: float = 0.5) -> tuple[int, int]:
    parameters = parameters_of.start(len(view.waiting))
    if name == "hungarian":
        parameters = Policy(name).equipped(*beliefs.means.shape).parameters
    return choose(CODES[name], parameters, view, beliefs, dice)


def test_shortest_takes_the_fastest_pair() -> None:
    assert chosen("spt", seeing([1, 1], [0, 1, 2], [3.0, 2.0]), believing()) == (0, 0)
    assert chosen("spt", seeing([1, 1], [1, 2], [3.0, 2.0]), believing()) == (1, 1)


def test_first_come_takes_the_oldest_that_can_be_done() -> None:
    assert chosen("fifo", seeing([1, 1], [2], [1.0, 2.0]), believing()) == (1, 2)
    assert chosen("fifo", seeing([1, 1], [1], [1.0, 2.0]), believing()) == (0, 1)


def test_the_highest_ratio_weighs_waiting_against_work() -> None:
    assert chosen("ratio", seeing([1, 1], [0], [9.9, 1.0]), believing()) == (1, 0)
    assert chosen("ratio", seeing([1, 1], [0], [9.0, 9.0]), believing()) == (0, 0)


def test_chance_reaches_every_pair_and_no_other() -> None:
    view = seeing([1, 1], [0, 1, 2], [1.0, 1.0])
    found = {chosen("random", view, believing(), dice) for dice in np.arange(0.05, 1, 0.1)}
    assert found == {(0, 0), (1, 0), (0, 1), (1, 1), (1, 2)}


@pytest.mark.parametrize("name", list(CODES))
def test_nobody_free_or_nothing_to_do_is_declined(name: str) -> None:
    assert chosen(name, seeing([1, 1], [], [1.0, 1.0]), believing()) == (-1, -1)
    assert chosen(name, seeing([0, 0], [0, 1], [1.0, 1.0]), believing()) == (-1, -1)
    assert chosen(name, seeing([1, 0], [2], [1.0, 1.0]), believing()) == (-1, -1)


def test_the_index_leaves_the_very_slow_idle_until_the_queue_is_long() -> None:
    means = np.array([[1.0, 1.0, 40.0]])
    short, long = seeing([1], [2], [9.0]), seeing([400], [2], [9.0])
    assert chosen("index", short, believing(means)) == (-1, -1)
    assert chosen("index", long, believing(means)) == (0, 2)


def test_the_index_never_refuses_the_fastest() -> None:
    view = seeing([1], [0], [9.0])
    parameters = parameters_of.start(1)
    parameters[parameters_of.GLOBALS + parameters_of.PATIENCE] = -50.0
    means = np.array([[1.0, 1.5, 40.0]])
    assert choose(CODES["index"], parameters, view, believing(means), 0.5) == (0, 0)
    view.idle[0] = 1
    assert choose(CODES["index"], parameters, view, believing(means), 0.5) == (-1, -1)


def test_work_is_held_for_the_full_hour_that_sends_the_free_home() -> None:
    means, schedule = np.array([[1.0, 1.5, 2.0]]), np.zeros(168, int)
    parameters = parameters_of.start(1)
    parameters[parameters_of.HOLD] = 5.0
    view = seeing([1], [1], [9.0])
    view.clock[NOW] = 10.02
    assert choose(CODES["index"], parameters, view, believing(means, schedule), 0.5) == (-1, -1)
    view.clock[NOW] = 10.98
    assert choose(CODES["index"], parameters, view, believing(means, schedule), 0.5) == (0, 1)


@given(size=st.integers(1, 5), extra=st.integers(0, 2), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_the_matching_is_the_least_of_all(size: int, extra: int, seed: int) -> None:
    costs = np.random.default_rng(seed).uniform(0, 1, (size, size + extra))
    columns = hungarian.matched(costs)
    assert len(set(columns.tolist())) == size
    least = min(
        sum(costs[i, k] for i, k in enumerate(order))
        for order in permutations(range(size + extra), size)
    )
    assert costs[np.arange(size), columns].sum() == pytest.approx(least)


def test_the_batch_gives_up_the_fastest_pair_for_the_fastest_whole() -> None:
    # 1 + 9 by the fastest pair first, 2 + 4 together.
    means = np.array([[1.0, 4.0], [2.0, 9.0]])
    view = seeing([1, 1], [0, 1], [1.0, 1.0], people=2)
    assert chosen("hungarian", view, believing(means)) == (1, 0)


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(BadInput, match="no policy 'best'"):
        Policy("best")
