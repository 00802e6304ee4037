"""An engine told nothing finds out what has changed in its episode, and does better for it."""

from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.allocation.alarm import ARRIVALS, SPEEDS, STAFF, Alarm
from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.changing import Course, run_changing
from signalbox.simulation.logged import usual_absences
from signalbox.simulation.process import Process
from signalbox.simulation.refitting import Answer, Followed, Held, run_refitting
from signalbox.simulation.running import Running
from tests.simulation.test_running import office

AT = 150.0
SPT = Policy("spt")


def stay(alarm: Alarm, held: Held) -> Answer:
    return Answer(SPT)


def followed(course: Course, known: Process, seed: int, cases: int = 1500) -> Followed:
    usual = usual_absences(known, SPT, known.resources, cases=1500)
    return run_refitting(course, known, SPT, usual, stay, seed, cases=cases)


def slower(plan: Process) -> Process:
    means = plan.means.copy()
    means[:, :3] *= 5
    return plan.with_means(means)


def test_without_a_change_nothing_is_different() -> None:
    plan = office()
    for seed in range(4):
        found = followed([(0.0, plan)], plan, seed)
        plain = run_changing([(0.0, plan)], plan, SPT, seed, told=False, cases=1500)
        if not found.alarms:
            assert (found.episode.cycle == plain.cycle).all()
        assert len(found.alarms) <= 1


def test_other_speeds_are_found_learned_and_acted_on() -> None:
    plan = office()
    course = [(0.0, plan), (AT, slower(plan))]
    ours, stale = [], []
    for seed in range(5):
        found = followed(course, plan, seed)
        first = next(a for a in found.alarms if a.what == SPEEDS)
        assert AT < first.moment < AT + 100
        ratio = np.log(found.held.means / plan.means).mean(axis=0)
        assert ratio[:3].min() > ratio[3:].max()
        assert (first.since, first.moment) == pytest.approx((AT, AT), abs=100)
        ours.append(found.episode.cycle.mean())
        stale.append(run_changing(course, plan, SPT, seed, told=False, cases=1500).cycle.mean())
    assert np.mean(ours) < np.mean(stale)


def test_an_alarm_is_acted_on_when_it_is_raised_and_no_sooner() -> None:
    plan = office()
    course = [(0.0, plan), (AT, slower(plan))]
    found = followed(course, plan, 1)
    plain = Running(plan, SPT, 1, cases=1500)
    plain.until(AT)
    plain.change(slower(plan))
    plain.until()
    stale = plain.result()
    sooner = plain.arrivals + stale.cycle <= found.alarms[0].moment
    assert sooner.sum() > 100
    assert (found.episode.cycle[sooner] == stale.cycle[sooner]).all()
    assert (found.episode.cycle[~sooner] != stale.cycle[~sooner]).any()


def test_another_load_is_learned() -> None:
    plan = office()
    found = followed([(0.0, plan.with_load(2.0))], plan, 2)
    assert [a.what for a in found.alarms[:1]] == [ARRIVALS]
    assert found.held.interarrival == pytest.approx(plan.interarrival / 2, rel=0.3)
    twin, learned = found.held.process()
    assert twin.interarrival == pytest.approx(found.held.interarrival)
    assert learned is None


def test_who_has_left_is_missed_and_no_part_of_the_twin() -> None:
    plan = office()
    found = followed([(0.0, plan), (AT, plan.without(0))], plan, 4)
    assert any(a.what == STAFF and a.resource == 0 for a in found.alarms)
    assert found.held.gone.tolist() == [True] + [False] * 5
    twin, _ = found.held.process()
    assert twin.resources == plan.resources[1:]
    beliefs = found.held.beliefs()
    assert (beliefs.best != 0).all()
    assert np.isfinite(beliefs.means[:, 0]).all(), "given work again, should it be a mistake"


def test_the_same_seed_gives_the_same_episode() -> None:
    plan = office()
    course = [(0.0, plan), (AT, slower(plan))]
    first, again = followed(course, plan, 7), followed(course, plan, 7)
    assert (first.episode.cycle == again.episode.cycle).all()
    assert first.alarms == again.alarms
