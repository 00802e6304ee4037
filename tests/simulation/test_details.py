"""What real processes have: hours, habits, kinds of cases, delays, joins that let go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.learning.allocation.policy import CODES, Policy
from signalbox.simulation.details import Details, mean_of, standardised
from signalbox.simulation.episode import beliefs_of, run_episode, simulate
from signalbox.simulation.figures import NAMES, run_all
from signalbox.simulation.plant import BUSY_HOURS, SERVICE_HOURS, SHIFT_HOURS, State, plant_of
from signalbox.simulation.process import Process
from signalbox.simulation.routes import Routes
from signalbox.simulation.tasks import simulated_tasks
from tests.simulation.make import OFFICE, delayed_by, office


def end_state(process: Process, seed: int = 1, cases: int = 300, rule: str = "fifo") -> State:
    plant = plant_of(process, detailed=True)
    return simulate(plant, Policy(rule), seed, beliefs_of(process), cases, np.inf)[0]


def within(moments: np.ndarray) -> np.ndarray:
    """Whether each moment is in an office hour, the very end of one included."""
    return np.asarray(
        OFFICE[(moments - 1e-9).astype(int) % 168] | OFFICE[moments.astype(int) % 168]
    )


@given(seed=st.integers(0, 10_000), rule=st.sampled_from([n for n in CODES if n != "index"]))
@settings(max_examples=30, deadline=None)
def test_everything_happens_in_office_hours_and_adds_up(seed: int, rule: str) -> None:
    process = office()
    tasks = simulated_tasks(process, Policy(rule), seed, 80)
    assert tasks.whole
    assert within(tasks.begun).all() and within(tasks.ended).all()
    assert (tasks.begun >= tasks.ready).all() and (tasks.ended >= tasks.begun).all()
    state = end_state(process, seed, 80, rule)
    assert OFFICE[state.arrival.astype(int) % 168].all()
    assert state.total[BUSY_HOURS] == pytest.approx(state.total[SERVICE_HOURS])
    assert state.total[BUSY_HOURS] <= state.total[SHIFT_HOURS] + 1e-9
    assert state.extra.paid.sum() == pytest.approx(state.total[SHIFT_HOURS])


def test_a_task_goes_on_the_next_morning() -> None:
    process = office()
    long = process.with_means(np.where(np.isfinite(process.means), 10.0, np.inf))
    tasks = simulated_tasks(long, Policy("fifo"), 2, 20)
    # Between five and fifteen hours of work, in days of eight.
    over_night = np.floor(tasks.ended / 24) > np.floor(tasks.begun / 24)
    assert over_night.mean() > 0.5
    assert (tasks.ended - tasks.begun)[over_night].min() > 16


def test_cases_come_at_the_rates_of_the_hours() -> None:
    rates = np.where(OFFICE, 1.0, 0.0)
    rates[9] = 5.0
    state = end_state(office(rates=rates), cases=4000)
    hours = np.bincount(state.arrival.astype(int) % 168, minlength=168)
    weeks = state.arrival[-1] / 168
    assert hours[9] / weeks == pytest.approx(5.0, rel=0.15)
    assert hours[33] / weeks == pytest.approx(1.0, rel=0.3)
    assert hours[~OFFICE].sum() == 0


def test_a_load_makes_the_same_cases_come_closer() -> None:
    process = office()
    one, two = end_state(process), end_state(process.with_load(2.0))
    assert two.arrival[-1] == pytest.approx(one.arrival[-1] / 2, rel=0.15)
    assert (one.extra.kind == two.extra.kind).all()


def test_gaps_alike_are_like_clockwork() -> None:
    everywhere = np.ones(168)
    state = end_state(office(rates=everywhere, gaps=np.ones(2)))
    assert np.diff(state.arrival) == pytest.approx(np.ones(299))


def test_service_times_follow_their_table() -> None:
    process = office(calendars=np.ones((3, 168), bool), services=np.tile([2.0, 2.0], (3, 1)) / 2)
    tasks = simulated_tasks(process, Policy("fifo"), 3, 100)
    expected = process.means[tasks.activity, tasks.resource]
    assert tasks.ended - tasks.begun == pytest.approx(expected)


def test_classes_come_by_their_shares_and_take_their_routes() -> None:
    process = office()
    state = end_state(process, cases=2000)
    assert (state.extra.kind == 1).mean() == pytest.approx(0.25, abs=0.03)
    tasks = simulated_tasks(process, Policy("fifo"), 1, 2000)
    first = tasks.activity[np.flatnonzero(np.diff(tasks.case, prepend=-1))]
    assert (first == state.extra.kind).all(), "plain cases begin with 0, hard ones with 1"
    visits = np.bincount(tasks.activity, minlength=3) / 2000
    assert visits == pytest.approx(process.visits(), rel=0.05)


def test_a_higher_priority_waits_less() -> None:
    busy = office(rates=np.where(OFFICE, 2.2, 0.0))
    first = replace(busy, details=replace(busy.details, priorities=np.array([0.0, 1.0])))
    seeds = range(10)
    same = run_all(busy, Policy("fifo"), seeds, cases=300).by_class[:, 1, 3].mean()
    preferred = run_all(first, Policy("fifo"), seeds, cases=300).by_class[:, 1, 3].mean()
    assert preferred < same


def test_late_cases_are_counted_where_there_is_a_deadline() -> None:
    process = office()
    runs = run_all(process, Policy("fifo"), range(3), cases=200)
    misses = runs.values[:, NAMES.index("sla_misses")]
    state = end_state(process, 0, 200)
    late = (state.cycle[state.extra.kind == 1] > 24).mean()
    assert misses[0] == pytest.approx(late)
    assert np.isnan(runs.by_class[:, 0, 4]).all(), "plain cases have none"


def test_costs_are_those_of_the_hours_on_shift() -> None:
    paid = office(costs=np.array([10.0, 0.0, 0.0]))
    state = end_state(paid, 0, 100)
    runs = run_all(paid, Policy("fifo"), [0], cases=100)
    assert runs.values[0, NAMES.index("cost")] == pytest.approx(10 * state.extra.paid[0] / 100)


def test_nobody_begins_before_a_delay_is_over() -> None:
    process = office(**delayed_by([5.0, 5.0], 0))
    tasks = simulated_tasks(process, Policy("fifo"), 3, 100)
    delayed = tasks.group == 0
    assert (tasks.ready - tasks.enabled)[delayed] == pytest.approx(np.full(delayed.sum(), 5.0))
    assert (tasks.ready == tasks.enabled)[~delayed].all()


def test_delays_pass_when_their_clock_runs() -> None:
    told = delayed_by([4.0, 4.0], 0) | {"delay_clock": np.where(OFFICE, 168 / OFFICE.sum(), 0.0)}
    tasks = simulated_tasks(office(**told), Policy("fifo"), 3, 100)
    ready = tasks.ready[tasks.group == 0]
    assert within(ready).all()
    # Four hours of an even clock are less than one of the forty a week in which this one runs.
    assert (tasks.ready - tasks.enabled)[tasks.group == 0].min() < 1


def test_older_cases_have_delays_of_their_own() -> None:
    late = {**delayed_by([5.0, 5.0], 3), "delays": np.array([[5.0, 5.0], [0.0, 0.0]])}
    late["delay_until"] = np.array([20.0, np.inf])
    tasks = simulated_tasks(office(**late), Policy("fifo"), 3, 400)
    mine = tasks.group == 3
    young = (tasks.enabled - tasks.arrival)[mine] < 20
    assert young.any() and not young.all()
    assert (tasks.ready - tasks.enabled)[mine] == pytest.approx(np.where(young, 5.0, 0.0))


def test_a_case_goes_no_further_than_its_most_steps() -> None:
    routes = Routes(1)
    again = routes.group(0)
    routes.add(0, 0.9999999, (again,))
    routes.add(0, 0.0000001, ())
    routes.add(1, 1.0, (again,))
    base = office()
    process = replace(
        base,
        activities=("take",),
        means=base.means[:1],
        instant=np.zeros(1, bool),
        routing=routes.routing(np.zeros(1)),
        details=Details(most_steps=20),
    )
    run = run_episode(process, Policy("fifo"), 1, cases=20)
    assert run.unfinished == 0
    assert run.decisions == 20 * 10


@pytest.mark.parametrize("lenient", [True, False])
def test_a_join_that_waits_for_nothing_lets_go_where_it_may(lenient: bool) -> None:
    routes = Routes(2)
    first, both = routes.group(0), routes.group(1, 2)
    routes.add(0, 1.0, (both,))
    routes.add(1, 1.0, ())
    routes.add(2, 1.0, (first,))
    base = office()
    process = replace(
        base,
        activities=("take", "check"),
        means=base.means[:2],
        instant=np.zeros(2, bool),
        routing=routes.routing(np.array([0, 1]), lenient=lenient),
        details=Details(),
    )
    run = run_episode(process, Policy("fifo"), 1, cases=30)
    assert run.unfinished == (0 if lenient else 30)
    assert run.decisions == (60 if lenient else 30)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(2, 101))
def test_tables_have_a_mean_of_one_and_ascend(values: list[float], knots: int) -> None:
    found = standardised(np.array(values), knots)
    assert mean_of(found) == pytest.approx(1.0)
    assert (np.diff(found) >= 0).all()
