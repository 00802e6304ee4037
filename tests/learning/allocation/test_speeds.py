"""Speeds are learned from work, and learned anew when they change."""

from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.allocation.speeds import Speeds

PEOPLE = ("ann", "bea", "carl")


def work(speeds: Speeds, count: int, factor=lambda who, n: 1.0, seed: int = 0, start: int = 0):
    """``count`` tasks in the order of time: ann takes 1 h, bea 2 h, carl 4 h, times ``factor``."""
    random = np.random.default_rng(seed)
    found = []
    for n in range(start, start + count):
        who = PEOPLE[random.integers(3)]
        hours = random.exponential(2.0 ** PEOPLE.index(who)) * factor(who, n)
        found.append(speeds.add("desk", who, hours, float(n)))
    return [one for one in found if one]


def test_nothing_known_is_the_usual_and_something_is_learned() -> None:
    speeds = Speeds(usual_hours=3.0)
    assert speeds.hours("desk", "ann") == 3.0
    work(speeds, 600)
    speeds.refit()
    assert [speeds.hours("desk", who) for who in PEOPLE] == pytest.approx([1, 2, 4], rel=0.2)
    assert 1 < speeds.hours("desk", "new") < 4
    assert 1 < speeds.hours("desk/calls", "ann") < 4, "what is known of the team"
    assert speeds.hours("other", "ann") == 3.0, "what another team does says nothing"
    assert speeds.tasks("desk", "ann") > 100


def test_whoever_becomes_slow_is_found_and_learned_anew() -> None:
    speeds = Speeds()
    assert work(speeds, 1500) == []
    found = work(speeds, 400, lambda who, n: 4.0 if who == "ann" else 1.0, seed=1, start=1500)
    assert found and found[0].resource == "ann"
    assert 1450 < found[0].since < 1600
    speeds.refit()
    assert speeds.hours("desk", "ann") == pytest.approx(4, rel=0.4)
    assert speeds.hours("desk", "carl") == pytest.approx(4, rel=0.35)


def test_without_a_change_hardly_ever_is_one_found() -> None:
    alarms = 0
    for seed in range(6):
        alarms += len(work(Speeds(), 4000, seed=seed))
    # 24,000 tasks at one false alarm in 20,000 or more: five would be a chance of one in a hundred.
    assert alarms < 5


def test_work_of_no_time_is_taken_for_a_second() -> None:
    speeds = Speeds()
    for n in range(400):
        speeds.add("desk", "ann", 0.0, n)
    speeds.refit()
    assert speeds.hours("desk", "ann") == pytest.approx(1 / 3600, rel=0.2)
