"""A change is found where it was made, and seldom where there is none."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from signalbox.learning.logs.log import Event, EventLog, Trace
from signalbox.learning.patterns.drift import adjusted, drift
from signalbox.learning.patterns.steps import Steps
from tests.learning.durations.logs import BEGIN


def log_of(cases: int, *, slower: float = 1.0, rarer: float = 1.0, seed: int = 0) -> EventLog:
    """From the last third on, ``b`` takes ``slower`` and a check is ``rarer`` times as frequent."""
    rng = np.random.default_rng(seed)
    traces = []
    for number in range(cases):
        late = number >= cases * 2 // 3
        at = BEGIN + timedelta(hours=6 * number)
        names = ["b"] + ["check"] * bool(rng.random() < 0.5 * (rarer if late else 1.0))
        events = [Event("a", at)]
        for name in names:
            at += timedelta(hours=float(rng.exponential(slower if late and name == "b" else 1.0)))
            events.append(Event(name, at))
        traces.append(Trace(str(number), events))
    return EventLog(traces)


def test_a_time_that_changes_is_found_with_its_moment_and_levels() -> None:
    with Steps(log_of(300, slower=4.0)) as steps:
        found = drift(steps)["changes"]
    (change,) = [one for one in found if one["what"] == "elapsed" and one["to"] == "b"]
    assert (change["from"], change["to"]) == ("a", "b")
    assert 170 <= change["cases_before"] <= 230
    assert change["after"] > 2 * change["before"]
    assert change["at"].endswith("Z") and change["p_adjusted"] <= 0.05
    assert not [one for one in found if one["what"] == "frequency"]


def test_a_frequency_that_changes_is_found() -> None:
    with Steps(log_of(300, rarer=0.1)) as steps:
        found = drift(steps)["changes"]
    told = {one.get("activity") for one in found if one["what"] == "frequency"}
    assert "check" in told
    assert not [one for one in found if one["what"] == "elapsed" and one["to"] == "b"]


def test_false_alarms_are_as_rare_as_stated() -> None:
    """5 % of the logs may raise one: of 120 more than 14 would be one chance in five hundred."""
    rng = np.random.default_rng(5)
    alarms = 0
    for seed in range(120):
        rows = rng.standard_normal((12, 200)) ** 3
        rows -= rows.mean(axis=1, keepdims=True)
        alarms += bool((adjusted(rows, seed) <= 0.05).any())
    assert alarms <= 14


def test_series_that_hang_together_raise_no_more_alarms() -> None:
    """Twelve copies of one series are one series: the adjustment must not pay for them twice."""
    row = np.random.default_rng(3).standard_normal(200)
    row[:100] += 0.9
    row -= row.mean()
    one, twelve = adjusted(row[None, :]), adjusted(np.stack([row] * 12))
    assert one[0] <= 0.05
    assert (twelve == one[0]).all()


def test_few_cases_are_not_tested() -> None:
    with Steps(log_of(60, slower=50.0)) as steps:
        assert drift(steps) == {"level": 0.05, "tested": 0, "changes": []}
