"""Changes are found soon, dated well, and seldom where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.allocation.alarm import ARRIVALS, SPEEDS, STAFF, Alarm
from signalbox.learning.allocation.arrivals import ArrivalWatch
from signalbox.learning.allocation.change import ChangeWatch
from signalbox.learning.allocation.estimates import LearnedMeans, learn_means
from signalbox.learning.allocation.speed_watch import Ruler, SpeedWatch, known_means
from signalbox.learning.allocation.staff import Absences, StaffWatch, absences
from signalbox.learning.allocation.task import Task

KINDS, PEOPLE, CHANGED = 3, 6, 400
MEANS = np.exp(np.random.default_rng(0).normal(0, 1, (KINDS, PEOPLE)))
SAME = np.ones((KINDS, PEOPLE))


def found(
    watch: SpeedWatch, factor: np.ndarray, seed: int, tasks: int, spread: float | None = None
) -> Alarm | None:
    """The first alarm when means are multiplied by ``factor`` from task CHANGED on."""
    random = np.random.default_rng(seed)
    relative = random.exponential(1, tasks)
    if spread is not None:
        relative = np.exp(random.normal(-(spread**2) / 2, spread, tasks))
    pairs = random.integers(0, KINDS * PEOPLE, tasks)
    for at in range(tasks):
        j, r = divmod(int(pairs[at]), PEOPLE)
        hours = relative[at] * MEANS[j, r] * (factor[j, r] if at >= CHANGED else 1.0)
        alarm = watch.see(Task(float(at), j, r, float(hours)))
        if alarm:
            return alarm
    return None


def learned(seed: int) -> LearnedMeans:
    random = np.random.default_rng(seed)
    counts = random.poisson(random.exponential(6, MEANS.shape))
    hours = random.gamma(np.maximum(counts, 1e-9), MEANS) * (counts > 0)
    return learn_means(counts, hours, SAME > 0)


@pytest.mark.parametrize("how", ["known", "learned"])
def test_false_alarms_of_speeds_are_no_more_frequent_than_stated(how: str) -> None:
    stated, tasks, runs, alarms, seen = 500.0, 2000, 25, 0, 0.0
    for seed in range(runs):
        known = known_means(MEANS) if how == "known" else learned(seed)
        alarm = found(SpeedWatch(known, stated), SAME, seed, tasks)
        alarms += alarm is not None
        seen += alarm.moment + 1 if alarm else tasks
    # With rare alarms their number is about Poisson: 3 errors above the mean of the stated rate.
    expected = seen / stated
    assert alarms <= expected + 3 * expected**0.5
    assert alarms < runs, "the threshold of a run of 500 is not passed in every one of 2000"


@pytest.mark.parametrize(
    ("factor", "most"),
    [
        (1.5 * SAME, 350),
        (0.5 * SAME, 200),
        (np.where(np.arange(PEOPLE) == 2, 3.0, SAME), 400),
        (np.where(np.arange(KINDS)[:, None] == 1, 0.4, SAME), 400),
    ],
)
def test_other_speeds_are_found_and_dated(factor: np.ndarray, most: int) -> None:
    alarms = [
        found(SpeedWatch(known_means(MEANS), 50_000), factor, seed, 3000) for seed in range(5)
    ]
    assert all(alarm is not None and alarm.what == SPEEDS for alarm in alarms)
    delays = [alarm.moment - CHANGED for alarm in alarms if alarm]
    assert min(delays) > 0
    assert np.median(delays) < most
    assert np.median([abs(alarm.since - CHANGED) for alarm in alarms if alarm]) < 100


def test_who_has_changed_is_named() -> None:
    factor = np.where(np.arange(PEOPLE) == 2, 4.0, SAME)
    alarms = [found(SpeedWatch(known_means(MEANS), 50_000), factor, s, 3000) for s in range(8)]
    right = [a for a in alarms if a and a.resource == 2 and a.factor and a.factor > 1]
    assert len(right) >= 6


def test_pairs_that_change_each_in_their_own_way_are_found() -> None:
    factor = np.exp(np.random.default_rng(9).normal(0, 0.7, MEANS.shape))
    alarms = [found(SpeedWatch(known_means(MEANS), 50_000), factor, s, 4000) for s in range(5)]
    assert all(alarm is not None and alarm.moment > CHANGED for alarm in alarms)


def test_a_ruler_keeps_the_rate_where_times_are_not_exponential() -> None:
    random = np.random.default_rng(4)
    ruler = Ruler(np.exp(random.normal(-1.125, 1.5, 4000)))
    with_it, without = (
        [found(SpeedWatch(known_means(MEANS), 500.0, ruler=r), SAME, s, 1500, 1.5) for s in seeds]
        for r, seeds in ((ruler, range(8)), (None, range(8)))
    )
    assert sum(a is not None for a in with_it) < sum(a is not None for a in without)
    assert sum(a is not None for a in with_it) <= 24 + 3 * 24**0.5
    slow = [
        found(SpeedWatch(known_means(MEANS), 50_000, ruler=ruler), 3 * SAME, s, 3000, 1.5)
        for s in range(4)
    ]
    assert all(alarm is not None and alarm.moment > CHANGED for alarm in slow)


def test_quick_tasks_begun_together_are_no_change_while_the_long_ones_go_on() -> None:
    means, tasks = np.ones((1, 400)), 400
    hours = np.sort(np.random.default_rng(1).exponential(1, tasks))

    def alarm(told: bool) -> Alarm | None:
        watch = SpeedWatch(known_means(means), 1000.0)
        for at in range(200):
            others = np.array([[0.0, 0, r, hours[at]] for r in range(at + 1, tasks)])
            found = watch.see(
                Task(hours[at], 0, at, hours[at]), (lambda o=others: o) if told else None
            )
            if found:
                return found
        return None

    assert alarm(told=False) is not None
    assert alarm(told=True) is None


def test_false_alarms_of_arrivals_are_no_more_frequent_than_stated() -> None:
    stated, alarms, seen = 300.0, 0, 0
    for seed in range(40):
        watch, moment = ArrivalWatch(2.0, stated), 0.0
        for gap in np.random.default_rng(seed).exponential(2.0, 1500):
            moment, seen = moment + float(gap), seen + 1
            if watch.see(moment):
                alarms += 1
                break
    expected = seen / stated
    assert alarms <= expected + 3 * expected**0.5


@pytest.mark.parametrize("load", [0.7, 1.4, 2.0])
def test_another_load_is_found(load: float) -> None:
    alarms = []
    for seed in range(5):
        watch, moment = ArrivalWatch(2.0, 50_000), 0.0
        gaps = np.random.default_rng(seed).exponential(2.0, 3000)
        gaps[CHANGED:] /= load
        for gap in gaps:
            moment += float(gap)
            if alarm := watch.see(moment):
                alarms.append(alarm)
                break
    assert len(alarms) == 5
    assert all(a.what == ARRIVALS and a.factor and (a.factor < 1) == (load > 1) for a in alarms)
    assert np.median([abs(a.since - 2.0 * CHANGED) for a in alarms]) < 200


def test_a_busy_morning_is_no_change_where_every_morning_is_busy() -> None:
    profile = np.tile(np.repeat([0.1, 2.8, 0.1], 8), 7)
    random = np.random.default_rng(2)
    hours = np.arange(168 * 10)
    moments = np.sort(
        np.concatenate([h + random.random(random.poisson(profile[h % 168])) for h in hours])
    )
    plain, told = ArrivalWatch(1.0, 1000.0), ArrivalWatch(1.0, 1000.0, profile=profile)
    assert any(plain.see(float(m)) for m in moments)
    assert not any(told.see(float(m)) for m in moments)


def shifts(seed: int, weeks: float, gone_from: float = np.inf) -> np.ndarray:
    """Four people on spells of work of eight hours, by chance; the first leaves."""
    random = np.random.default_rng(seed)
    lines, moment = [], 0.0
    while moment < weeks * 168:
        for r in random.choice(4, 2, replace=False):
            ends = np.sort(moment + random.uniform(0, 8, 5))
            lines += [(end, 0, r, 0.1) for end in ends if not (r == 0 and end > gone_from)]
        moment += 8
    return np.array(sorted(lines))


def test_who_has_gone_is_missed_and_who_is_away_is_not() -> None:
    usual = absences([shifts(seed, 12) for seed in range(4)], 4)
    missed = []
    for seed in range(100, 110):
        watch, gone_from = StaffWatch(usual, 10_000), 200.0
        for moment, _, r, _ in shifts(seed, 4, gone_from):
            if alarm := watch.see(moment, int(r)):
                missed.append(alarm)
                break
    assert len(missed) == 10
    assert all(a.what == STAFF and a.resource == 0 and a.factor == 0 for a in missed)
    assert all(gone_from - 100 < a.since <= gone_from < a.moment for a in missed)


def test_nobody_is_missed_more_often_than_stated() -> None:
    usual = absences([shifts(seed, 12) for seed in range(4)], 4)
    stated, alarms, seen = 1000.0, 0, 0
    for seed in range(100, 120):
        watch = StaffWatch(usual, stated)
        for moment, _, r, _ in shifts(seed, 12):
            seen += 1
            alarm = watch.see(moment, int(r))
            alarms += alarm is not None and alarm.factor == 0
    expected = seen / stated
    assert alarms <= expected + 3 * expected**0.5


def test_who_comes_back_is_no_longer_gone() -> None:
    watch = StaffWatch(Absences(np.ones((2, 2)), np.ones((2, 2)), np.ones(2)), 100.0)
    alarms = [watch.see(float(moment), 1) for moment in range(20)]
    missing = [a for a in alarms if a]
    assert [a.resource for a in missing] == [0]
    assert watch.gone.tolist() == [True, False]
    back = watch.see(20.0, 0)
    assert back is not None and back.resource == 0 and back.factor == np.inf
    assert not watch.gone.any()


def test_who_was_seldom_seen_is_never_missed() -> None:
    usual = absences([np.array([[1.0, 0, 0, 0.5], [2.0, 0, 1, 0.5]])], 3)
    watch = StaffWatch(usual, 10.0)
    assert not any(watch.see(float(moment), 1) for moment in range(1000))


def test_a_part_that_is_told_what_is_new_does_not_raise_it_again() -> None:
    usual = absences([], PEOPLE)
    watch = ChangeWatch(known_means(MEANS), 1.0, usual, run_length=5000)
    random, alarms = np.random.default_rng(3), []
    for at in range(6000):
        j, r = divmod(int(random.integers(0, KINDS * PEOPLE)), PEOPLE)
        hours = float(random.exponential(2 * MEANS[j, r]))
        if alarm := watch.done(Task(float(at), j, r, hours)):
            alarms.append(alarm)
            watch.expect_means(known_means(2 * MEANS), alarm.moment)
    assert len(alarms) == 1
    assert not watch.gone.any()
