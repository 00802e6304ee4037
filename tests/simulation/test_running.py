"""An episode that is stopped and gone on with is the same; one that is changed is so from then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation import parameters
from signalbox.learning.allocation.policy import CODES, Policy
from signalbox.simulation.changing import run_changing
from signalbox.simulation.episode import beliefs_of, run_episode
from signalbox.simulation.fields import Fields
from signalbox.simulation.mined import read_mined
from signalbox.simulation.process import Process
from signalbox.simulation.running import Running
from tests.simulation.make import desk, drawn

CASES = 200


def office(people: int = 6) -> Process:
    """Six alike, all of whom do both activities, at all hours."""
    value = desk()
    names = [f"p{i}" for i in range(people)]
    value["resources"], value["resource_weights"] = names, [1.0] * people
    value["pools"] = dict.fromkeys(value["task_types"], names)
    value["processing"] = {kind: {n: [1.0, 1.0] for n in names} for kind in value["task_types"]}
    value["schedule"] = [people] * 168
    return read_mined(Fields("office", "", value), "office")


def policy(name: str, process: Process) -> Policy:
    return Policy(name, parameters.start(len(process.activities)))


@given(
    process=st.integers(0, 1000),
    seed=st.integers(0, 1000),
    name=st.sampled_from(tuple(CODES)),
    stops=st.lists(st.floats(0, 300), max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_stops_and_logs_change_nothing(
    process: int, seed: int, name: str, stops: list[float]
) -> None:
    plan = drawn(process)
    whole = run_episode(plan, policy(name, plan), seed, cases=60)
    running = Running(plan, policy(name, plan), seed, cases=60)
    for stop in sorted(stops):
        running.until(stop)
        assert running.over or running.now == pytest.approx(stop)
    running.until()
    parts = running.result()
    assert (parts.cycle == whole.cycle).all()
    assert parts.decisions == whole.decisions == len(running.services)
    assert parts.last == whole.last
    figures = [(e.wait, e.present, e.utilisation) for e in (parts, whole)]
    assert figures[0] == pytest.approx(figures[1])


def test_the_log_is_what_was_done() -> None:
    plan = office()
    running = Running(plan, Policy("spt"), 3, cases=3000)
    running.until(500.0)
    done, under_way, came = running.services, running.at_work, running.arrivals
    assert len(done) > 500
    assert (np.diff(done[:, 0]) >= 0).all() and done[-1, 0] <= 500.0
    assert (came <= 500.0).all() and (np.diff(came) > 0).all()
    assert set(done[:, 1]) == {0, 1} and set(done[:, 2]) <= set(range(6))
    running.until()
    assert len(running.services) > 4096, "more than one page of the log"
    begun = running.services[:, 0] - running.services[:, 3]
    later = running.services[(begun < 500.0) & (running.services[:, 0] > 500.0)]
    assert len(later) == len(under_way)
    assert sorted(500.0 - under_way[:, 3]) == pytest.approx(sorted(later[:, 0] - later[:, 3]))
    for r in range(6):
        mine = running.services[running.services[:, 2] == r]
        assert (mine[1:, 0] - mine[1:, 3] >= mine[:-1, 0] - 1e-9).all(), "one thing at a time"


def test_a_copy_goes_on_by_itself() -> None:
    plan = office()
    running = Running(plan, Policy("spt"), 3, cases=CASES)
    running.until(50.0)
    copy = running.copy()
    running.until()
    assert copy.now == 50.0
    copy.until()
    assert (copy.result().cycle == running.result().cycle).all()
    assert (copy.services == running.services).all()


def test_other_speeds_hold_for_work_begun_after_them() -> None:
    plan = office()
    plain, other = (Running(plan, Policy("fifo"), 5, cases=CASES) for _ in range(2))
    for running in (plain, other):
        running.until(40.0)
    begun = other.at_work
    assert len(begun)
    other.change(plan.with_means(plan.means * 1e-6))
    for running in (plain, other):
        running.until()
    starts = other.services[:, 0] - other.services[:, 3]
    assert (other.services[starts > 40.0, 3] < 0.01).all()
    ended = other.services[(starts <= 40.0) & (other.services[:, 0] > 40.0)]
    was = plain.services[:, 0] - plain.services[:, 3]
    same = plain.services[(was <= 40.0) & (plain.services[:, 0] > 40.0)]
    assert len(ended) == len(begun)
    assert (ended == same).all(), "what was begun takes as long as it was going to"


def test_another_load_holds_for_the_arrivals_from_then_on() -> None:
    plan = office()
    plain, other = (Running(plan, Policy("spt"), 5, cases=CASES) for _ in range(2))
    other.until(40.0)
    other.change(plan.with_load(4.0))
    for running in (plain, other):
        running.until()
    before, after = plain.arrivals, other.arrivals
    early = before <= 40.0
    assert (after[early] == before[early]).all()
    # The same draws, four times as dense.
    assert after[~early] == pytest.approx(40.0 + (before[~early] - 40.0) / 4.0)


@pytest.mark.parametrize("schedule", [[6] * 168, [3] * 168, []])
def test_who_has_left_ends_the_task_and_is_never_seen_again(schedule: list[int]) -> None:
    plan = replace(office(), schedule=np.array(schedule, np.int64))
    for seed in range(5):
        running = Running(plan, Policy("fifo"), seed, cases=CASES)
        running.until(30.0)
        at_it = running.at_work
        running.change(plan.without(2))
        running.until()
        assert running.result().unfinished == 0
        hers = running.services[running.services[:, 2] == 2]
        assert (hers[:, 0] - hers[:, 3] <= 30.0).all()
        assert (hers[:, 0] > 30.0).sum() == (at_it[:, 2] == 2).sum()
        if schedule == [3] * 168:
            late = running.services[running.services[:, 0] > 60.0]
            assert len(set(late[:, 2])) == 3, "somebody is called in her place"


@given(process=st.integers(0, 1000), seed=st.integers(0, 1000), name=st.sampled_from(tuple(CODES)))
@settings(max_examples=30, deadline=None)
def test_what_comes_in_goes_out_whatever_changes(process: int, seed: int, name: str) -> None:
    plan = drawn(process)
    factor = np.random.default_rng(seed).uniform(0.5, 1.5, plan.means.shape)
    course = [(0.0, plan), (9.3, plan.with_means(plan.means * factor)), (20.0, plan.with_load(2))]
    for told in (True, False):
        run = run_changing(course, plan, policy(name, plan), seed, told=told, cases=50)
        assert run.unfinished == 0
        assert run.present == pytest.approx(run.cycle.sum())


def test_who_is_told_of_the_speeds_does_better() -> None:
    plan = office()
    means = plan.means.copy()
    means[:, :3] *= 8
    course = [(0.0, plan), (50.0, plan.with_means(means))]
    told, not_told = (
        np.mean(
            [run_changing(course, plan, Policy("spt"), s, told=t).cycle.mean() for s in range(6)]
        )
        for t in (True, False)
    )
    assert told < not_told


def test_a_change_to_something_else_is_refused() -> None:
    plan = office()
    running = Running(plan, Policy("spt"), 1, cases=5)
    with pytest.raises(BadInput, match="other activities"):
        running.change(replace(plan, activities=("sort", "look")))
    with pytest.raises(BadInput, match="'p7' was not there"):
        running.change(replace(plan, resources=(*plan.resources[:5], "p7")))


def test_a_change_of_policy_is_asked_at_once() -> None:
    plan = office()
    running = Running(plan, Policy("spt"), 1, cases=CASES)
    running.until(20.0)
    running.decide(Policy("fifo"), beliefs_of(plan))
    running.until()
    assert running.result().unfinished == 0
