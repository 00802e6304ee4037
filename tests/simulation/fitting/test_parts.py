"""Each part of a twin on its own: hours, beginnings, contexts, classes, branches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.simulation.fitting.arrivals import arrival_gaps, arrival_rates
from signalbox.simulation.fitting.calendars import Worked, calendars
from signalbox.simulation.fitting.classes import classes_of
from signalbox.simulation.fitting.contexts import chosen_contexts, contexts_of
from signalbox.simulation.fitting.distances import distances, noise, sample
from signalbox.simulation.fitting.order import at_once, predecessors
from signalbox.simulation.fitting.services import working_hours
from signalbox.simulation.fitting.starts import with_starts
from signalbox.simulation.fitting.work import Work
from tests.simulation.make import OFFICE

NAN = float("nan")


def work(*events: tuple[int, int, int, float, float]) -> Work:
    """Events as (case, activity, resource, begun, ended)."""
    table = np.array(sorted(events), float)
    table = table[np.lexsort((table[:, 4], table[:, 3], table[:, 0]))]
    whole = table[:, :3].astype(np.int64)
    return Work(
        tuple("abcdef"[: whole[:, 1].max() + 1]),
        tuple("xyz"[: whole[:, 2].max() + 1]),
        *whole.T,
        begun=table[:, 3],
        ended=table[:, 4],
        known=table[:, 3] < table[:, 4],
        hours=np.full(len(table), NAN),
    )


def test_who_is_hardly_seen_keeps_the_hours_of_everybody() -> None:
    random = np.random.default_rng(1)
    office = np.flatnonzero(OFFICE)
    events = [
        (i, 0, 0, float(h + 168 * (i % 20) + 0.1), float(h + 168 * (i % 20) + 0.6))
        for i, h in enumerate(random.choice(office, 800))
    ]
    events += [(900, 0, 1, 10.2, 10.7), (901, 0, 1, 34.2, 34.7)]
    found = calendars(work(*events))
    assert (found[0] == OFFICE).mean() > 0.98
    assert found[1][OFFICE].mean() > 0.9 and found[1][~OFFICE].sum() <= 3


@given(st.lists(st.floats(0, 2000), min_size=2, max_size=2), st.integers(0, 1000))
def test_hours_of_work_between_two_moments_add_up(moments: list[float], seed: int) -> None:
    calendar = np.random.default_rng(seed).random(168) < 0.4
    first, last = sorted(moments)
    middle = (first + last) / 2
    until = Worked(calendar).until(np.array([first, middle, last]))
    assert 0 <= until[2] - until[0] <= last - first + 1e-9
    assert until[2] - until[0] == pytest.approx((until[1] - until[0]) + (until[2] - until[1]))
    week = Worked(calendar).until(np.array([first, first + 168]))
    assert week[1] - week[0] == pytest.approx(calendar.sum())


def test_two_tasks_open_at_once_share_their_hours() -> None:
    both = work((0, 0, 0, 10, 14), (1, 0, 0, 12, 14), (2, 0, 0, 40, 41))
    hours = working_hours(both, np.ones((1, 168), bool))
    assert hours == pytest.approx([3.0, 1.0, 1.0])


def test_nights_are_no_work() -> None:
    night = work((0, 0, 0, 16, 34))
    assert working_hours(night, OFFICE[None, :]) == pytest.approx([2.0])


def test_a_beginning_lies_between_what_was_before_and_the_end() -> None:
    events = [(c, j, c % 2, t, t) for c in range(40) for j, t in enumerate((10.0 + c, 10.5 + c))]
    found = with_starts(work(*events), np.ones((2, 168), bool))
    assert (found.begun <= found.ended).all()
    assert (found.ended - found.begun <= 8).all()
    second = found.activity == 1
    assert (found.ended - found.begun)[second] == pytest.approx(np.full(40, 0.5))


def test_arrivals_keep_their_hours_and_their_number() -> None:
    weeks = np.arange(30)[:, None] * 168
    times = np.sort((weeks + np.array([9.5, 10.5, 34.5])).ravel())
    rates = arrival_rates(times)
    assert rates.sum() == pytest.approx(3, rel=0.1)
    assert rates[[9, 10, 34]].min() > 10 * rates[[11, 12, 40]].max()
    assert arrival_gaps(times, rates)[-1] < 3


def test_longer_contexts_are_kept_where_they_say_more() -> None:
    random = np.random.default_rng(0)
    # What follows 1 is what stood before it.
    paths = [(a, 1, a) for a in random.choice([0, 2], 200)]
    depth, least = chosen_contexts(paths, 3)
    assert depth >= 2
    contexts = contexts_of(paths, 3, depth, least)
    assert contexts.after((0,), 1) == (0, 1)
    coin = [(int(random.integers(2)), 2, 3 + int(random.integers(2))) for _ in range(300)]
    assert chosen_contexts(coin, 5)[0] == 1, "nothing is told apart that is alike"


def test_an_attribute_that_decides_on_routes_makes_classes() -> None:
    random = np.random.default_rng(0)
    kinds = random.choice(["loan", "card"], 300)
    paths = [(0, 1) if kind == "loan" else (0, 2) for kind in kinds]
    told = [{"kind": str(kind), "luck": str(random.integers(3))} for kind in kinds]
    leaves = classes_of(paths, told, 3)
    assert [leaf.name for leaf in leaves] == ["kind is card", "kind is not card"]
    assert (leaves[0].members == (kinds == "card")).all()
    luck = [{"luck": case["luck"]} for case in told]
    assert len(classes_of(paths, luck, 3)) == 1


def test_branches_are_found_and_joined() -> None:
    events = []
    for c in range(20):
        t = 10.0 * c
        events += [(c, 0, 0, t, t + 1), (c, 1, 0, t + 1, t + 4), (c, 2, 1, t + 1, t + 3)]
        events += [(c, 3, 1, t + 4, t + 5)]
    both = work(*events)
    parallel = at_once(both)
    assert parallel[1, 2] and parallel.sum() == 2
    waited = predecessors(both, parallel)
    assert waited[:4] == [(), (0,), (0,), (1, 2)]


@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_nothing_is_apart_from_itself(seed: int) -> None:
    random = np.random.default_rng(seed)
    case = np.sort(random.integers(0, 30, 100))
    begun = random.uniform(0, 500, 100)
    kinds = random.integers(0, 3, 100)
    one = sample(case, kinds, begun, begun + random.uniform(0.1, 9, 100), True)
    told = distances(one, one, 3)
    assert {v for k, v in told.items() if not k.endswith("ratio")} == {0.0}
    assert {v for k, v in told.items() if k.endswith("ratio")} == {1.0}
    assert noise(one, 3)["cycle_wasserstein"] > 0
