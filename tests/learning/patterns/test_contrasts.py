"""What marks slow cases is found, and what does not mark them is not made up."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from signalbox.learning.logs.log import Event, EventLog, Trace
from signalbox.learning.patterns.contrasts import contrasts
from signalbox.learning.patterns.steps import Steps
from tests.learning.durations.logs import BEGIN


def log_of(cases: int, seed: int, *, appeals: float) -> EventLog:
    """Cases of which a third take ``appeals`` more hours, by an activity and an attribute."""
    rng = np.random.default_rng(seed)
    traces = []
    for number in range(cases):
        at = BEGIN + timedelta(hours=number)
        appealed = bool(rng.random() < 1 / 3)
        colour = {"region": "north" if appealed else "south", "noise": str(rng.integers(8))}
        events = [Event("open", at, attributes=colour)]
        for name in ["appeal", "close"] if appealed else ["close"]:
            at += timedelta(hours=float(rng.exponential(10.0)) + appeals * (name == "appeal"))
            events.append(Event(name, at, resource=f"r{rng.integers(5)}", attributes=colour))
        traces.append(Trace(str(number), events))
    return EventLog(traces)


def test_the_activity_the_path_and_the_attribute_of_slow_cases_are_found() -> None:
    log = log_of(300, 1, appeals=100.0)
    with Steps(log) as steps:
        result = contrasts(steps, log)
    slow = [trait for trait in result["found"] if trait["slow"]]
    told = {(t["trait"], t.get("activity") or t.get("value") or t.get("to")) for t in slow}
    assert {("activity", "appeal"), ("path", "appeal"), ("attribute", "north")} <= told
    top = slow[0]
    assert top["share_of_slow"] > top["share_of_others"]
    assert top["median_hours_with"] > top["median_hours_without"]
    assert not [t for t in result["found"] if t.get("attribute") == "noise"]


def test_cases_that_differ_by_chance_alone_seldom_give_a_finding() -> None:
    """5 % of logs may: of 60 more than 9 would be one chance in four hundred."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        traces = []
        for number in range(80):
            at = BEGIN + timedelta(hours=number)
            marks = {f"m{i}": str(rng.integers(3)) for i in range(10)}
            end = at + timedelta(hours=float(rng.exponential(5.0)))
            traces.append(Trace(str(number), [Event("a", at, attributes=marks), Event("b", end)]))
        log = EventLog(traces)
        with Steps(log) as steps:
            result = contrasts(steps, log)
        assert result["tested"] == 30
        alarms += bool(result["found"])
    assert alarms <= 9


def test_cases_of_one_length_have_no_slow_ones() -> None:
    events = [Event("a", BEGIN), Event("b", BEGIN + timedelta(hours=1))]
    log = EventLog([Trace(str(number), events) for number in range(20)])
    with Steps(log) as steps:
        assert contrasts(steps, log) == {
            "slow_cases": 0,
            "slower_than_hours": 1.0,
            "level": 0.05,
            "tested": 0,
            "found": [],
        }
