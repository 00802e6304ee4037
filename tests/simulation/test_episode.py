"""Episodes: every case ends, time adds up, and a seed is a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.learning.allocation import parameters
from signalbox.learning.allocation.policy import CODES, Policy
from signalbox.simulation.episode import beliefs_of, run_episode, simulate
from signalbox.simulation.plant import BUSY_HOURS, SERVICE_HOURS, plant_of
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from tests.shared_data import shared
from tests.simulation.make import desk, drawn, fork, written

NAMES = tuple(CODES)


def policy(name: str, process: Process, spread: float = 0.0, seed: int = 0) -> Policy:
    start = parameters.start(len(process.activities))
    noise = np.random.default_rng(seed).normal(0, 1, len(start))
    return Policy(name, start + spread * noise)


@given(process=st.integers(0, 10_000), seed=st.integers(0, 10_000), name=st.sampled_from(NAMES))
@settings(max_examples=60, deadline=None)
def test_what_comes_in_goes_out_and_nobody_does_two_things(
    process: int, seed: int, name: str
) -> None:
    plan = drawn(process)
    cases = 60
    state, _ = simulate(
        plant_of(plan), policy(name, plan, 0.5, seed), seed, beliefs_of(plan), cases, np.inf
    )
    assert np.isfinite(state.cycle).all(), "every case ends: the fastest is never refused"
    assert (state.cycle > 0).all()
    assert state.seen.counts[2] == 0 and (state.seen.waiting == 0).all()
    assert (state.live == 0).all() and state.tally[2] == 0
    assert (state.served[~np.isfinite(plan.means)] == 0).all(), "only permitted pairs"
    assert state.served.sum() == state.seen.counts[3]
    # One thing at a time: the hours somebody was seen at work are those their tasks took.
    assert state.total[BUSY_HOURS] == pytest.approx(state.total[SERVICE_HOURS])
    assert (state.hours.sum(axis=0) <= state.total[4] + 1e-9).all()
    present = np.sort(state.cycle).sum()
    assert present == pytest.approx(state.total[3])


@given(seed=st.integers(0, 1_000), spread=st.sampled_from([0.0, 1.0, 5.0]))
@settings(max_examples=25, deadline=None)
def test_even_a_wild_index_leaves_no_case_behind(seed: int, spread: float) -> None:
    plan = drawn(seed)
    run = run_episode(plan, policy("index", plan, spread, seed), seed, cases=40)
    assert run.unfinished == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_episode(tmp_path: Path, name: str) -> None:
    process = read_processes(written(tmp_path, desk()))["desk"]
    first, again, other = (
        run_episode(process, policy(name, process), seed, cases=200) for seed in (5, 5, 6)
    )
    assert (first.cycle == again.cycle).all()
    assert (first.cycle != other.cycle).any()


def test_two_policies_meet_the_same_cases(tmp_path: Path) -> None:
    process = read_processes(written(tmp_path, desk()))["desk"]
    states = [
        simulate(plant_of(process), Policy(name), 3, beliefs_of(process), 200, np.inf)[0]
        for name in ("random", "spt")
    ]
    assert (states[0].arrival == states[1].arrival).all()
    assert (states[0].served.sum(axis=1) == states[1].served.sum(axis=1)).all(), "same routes"


def test_a_queue_of_one_server_is_as_long_as_the_formula_says() -> None:
    value = fork()
    value["resources"], value["resource_pools"] = ["r1"], {"r1": {"a": 1.0}}
    value["task_types"] = ["start", "a", "end"]
    value["process_structure"] = {
        "start": {"inputs": [], "outputs": {"a": 1}},
        "a": {"inputs": ["start"], "outputs": {"end": 1}},
        "end": {"inputs": ["a"], "outputs": {}},
    }
    from signalbox.simulation.archetype import read_archetype
    from signalbox.simulation.fields import Fields

    process = read_archetype(Fields("made-up", "", value), "one")
    means = [run_episode(process, Policy("fifo"), s, cases=4000).cycle.mean() for s in range(30)]
    # M/M/1 with a load of one half: service time 1, so 1 / (1 - 0.5) in the system.
    assert np.mean(means) == pytest.approx(2.0, rel=0.03)


def test_both_branches_are_waited_for(tmp_path: Path) -> None:
    process = read_processes(written(tmp_path, {"fork": fork()}))["fork"]
    state, _ = simulate(plant_of(process), Policy("fifo"), 1, beliefs_of(process), 300, np.inf)
    assert np.isfinite(state.cycle).all()
    assert state.served.sum(axis=1).tolist() == [0, 300, 300, 0]


def test_a_runaway_run_is_stopped_and_shows_it(tmp_path: Path) -> None:
    process = read_processes(written(tmp_path, desk()))["desk"]
    run = run_episode(process, Policy("spt"), 1, cases=500, most_hours=20.0)
    assert run.unfinished > 0
    assert 20.0 < run.present < 100.0


def test_work_nobody_ever_comes_for_is_a_failed_run(tmp_path: Path) -> None:
    value = desk()
    value["pools"]["check"] = ["cy"]
    value["resource_weights"] = [1.0, 1.0, 0.0]
    value["schedule"] = [1] * 168
    process = read_processes(written(tmp_path, value))["desk"]
    run = run_episode(process, Policy("spt"), 1, cases=100)
    assert run.unfinished > 0


# 40 episodes each: mean and 95 % half-width of the published column, in hours.
PUBLISHED = [
    ("bpi2012", "random", 78.0),
    ("bpi2012", "spt", 8.22),
    ("bpi2017", "random", 13.0),
    ("bpi2017", "spt", 8.68),
    ("production", "random", 309.0),
    ("production", "spt", 146.0),
]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("name", "rule", "published"), PUBLISHED)
def test_the_published_columns_come_out(name: str, rule: str, published: float) -> None:
    process = read_processes(shared(f"allocation/{name}.json"))[name]
    believed = beliefs_of(process)
    means = np.array(
        [
            run_episode(process, Policy(rule), 1000 + s, believed=believed).cycle.mean()
            for s in range(40)
        ]
    )
    error = means.std(ddof=1) / len(means) ** 0.5
    assert abs(means.mean() - published) < 3.3 * error
