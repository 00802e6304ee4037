"""Every count over random logs, ties in time and missing values included, against plain loops."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median

import pytest
from hypothesis import given, settings

from signalbox.learning.logs.log import Event, EventLog
from signalbox.learning.patterns.bottlenecks import bottlenecks
from signalbox.learning.patterns.follows import follows
from signalbox.learning.patterns.handovers import handovers
from signalbox.learning.patterns.rework import rework
from signalbox.learning.patterns.steps import Steps
from signalbox.learning.patterns.variants import variants
from tests.learning.durations.logs import logs


def hours(log_later: object, log_earlier: object) -> float:
    return (log_later - log_earlier).total_seconds() / 3600  # type: ignore[operator]


def pairs(log: EventLog) -> list[tuple[int, Event, Event]]:
    """(case, event, the one after it)."""
    return [
        (number, one, other)
        for number, trace in enumerate(log.traces)
        for one, other in zip(trace.events, trace.events[1:], strict=False)
    ]


@given(logs())
@settings(max_examples=60)
def test_variants_are_the_sequences_of_the_cases(log: EventLog) -> None:
    expected = defaultdict(list)
    for trace in log.traces:
        path = tuple(event.activity for event in trace.events)
        expected[path].append(hours(trace.ended, trace.began))
    with Steps(log) as steps:
        found = variants(steps)
    assert {tuple(v["activities"]): v["count"] for v in found} == {
        path: len(times) for path, times in expected.items()
    }
    for one in found:
        times = expected[tuple(one["activities"])]
        assert one["median_hours"] == pytest.approx(median(times), rel=1e-5)
        assert one["mean_hours"] == pytest.approx(sum(times) / len(times), rel=1e-5)
    order = [(-v["count"], v["activities"]) for v in found]
    assert order == sorted(order)


@given(logs())
@settings(max_examples=60)
def test_the_graph_has_every_pair_in_a_row_and_every_end(log: EventLog) -> None:
    with Steps(log) as steps:
        graph = follows(steps)
    expected = Counter((one.activity, other.activity) for _, one, other in pairs(log))
    assert {(e["from"], e["to"]): e["count"] for e in graph["edges"]} == dict(expected)
    cases = {(one.activity, other.activity, at) for at, one, other in pairs(log)}
    assert {(e["from"], e["to"]): e["cases"] for e in graph["edges"]} == dict(
        Counter((one, other) for one, other, _ in cases)
    )
    assert graph["first"] == dict(Counter(trace.events[0].activity for trace in log.traces))
    assert graph["last"] == dict(Counter(trace.events[-1].activity for trace in log.traces))


@given(logs())
@settings(max_examples=60)
def test_time_lost_is_summed_by_transition_and_by_activity(log: EventLog) -> None:
    lost: Counter[tuple[str, str]] = Counter()
    idle: Counter[str] = Counter()
    processing: Counter[str] = Counter()
    for _, one, other in pairs(log):
        if not log.has_starts:
            lost[one.activity, other.activity] += hours(other.time, one.time)
            idle[other.activity] += hours(other.time, one.time)
        elif other.start:
            wait = max(0.0, hours(other.start, one.time))
            lost[one.activity, other.activity] += wait
    for trace in log.traces:
        for at, event in enumerate(trace.events):
            if event.start is None:
                continue
            processing[event.activity] += hours(event.time, event.start)
            before = [one.time for one in trace.events[:at] if one.time <= event.start]
            idle[event.activity] += hours(event.start, max(before)) if before else 0.0
    with Steps(log) as steps:
        found = bottlenecks(steps)
    assert found["measure"] == ("waiting" if log.has_starts else "elapsed")
    told = {(t["from"], t["to"]): t["total_hours"] for t in found["transitions"]}
    assert told == pytest.approx(dict(lost), rel=1e-5)
    by_activity = {a["activity"]: a["total_hours"] for a in found["activities"]}
    assert {name: total for name, total in by_activity.items() if total} == pytest.approx(
        {name: total for name, total in idle.items() if total}, rel=1e-5
    )
    for row in found["activities"]:
        worked = row.get("processing")
        total = worked["total_hours"] if worked else 0.0
        assert total == pytest.approx(processing[row["activity"]], rel=1e-5)
    totals = [t["total_hours"] for t in found["transitions"]]
    assert totals == sorted(totals, reverse=True)
    for row in found["transitions"]:
        low, high = row["per_case_interval"]
        assert low <= row["per_case_hours"] * 1.00001 and row["per_case_hours"] <= high * 1.00001


@given(logs())
@settings(max_examples=60)
def test_rework_is_what_was_done_before_in_the_case(log: EventLog) -> None:
    again: Counter[str] = Counter()
    at_once: Counter[str] = Counter()
    loops: Counter[tuple[str, str]] = Counter()
    cost: Counter[str] = Counter()
    cases = set()
    for number, trace in enumerate(log.traces):
        names = [event.activity for event in trace.events]
        for at, name in enumerate(names):
            if name in names[:at]:
                again[name] += 1
                cases.add(number)
                cost[name] += hours(trace.events[at].time, trace.events[at - 1].time)
            at_once[name] += at > 0 and names[at - 1] == name
            if at > 1 and names[at - 2] == name != names[at - 1]:
                loops[name, names[at - 1]] += 1
    with Steps(log) as steps:
        found = rework(steps)
    assert found["cases"] == len(cases)
    assert found["repetitions"] == again.total()
    told = {row["activity"]: row for row in found["activities"]}
    assert {name: row["repetitions"] for name, row in told.items()} == dict(again)
    for name, row in told.items():
        assert row["self_loops"] == at_once[name]
        assert row["hours"] == pytest.approx(cost[name], rel=1e-5)
    assert {(row["activity"], row["through"]): row["count"] for row in found["loops"]} == loops


@given(logs())
@settings(max_examples=60)
def test_handovers_and_returns_between_resources(log: EventLog) -> None:
    given_to: Counter[tuple[str, str]] = Counter()
    returns: Counter[tuple[str, ...]] = Counter()
    for _, one, other in pairs(log):
        if one.resource and other.resource and one.resource != other.resource:
            given_to[one.resource, other.resource] += 1
    for trace in log.traces:
        turns: list[str] = []
        for event in trace.events:
            if event.resource and turns[-1:] != [event.resource]:
                turns.append(event.resource)
        for one, other, third in zip(turns, turns[1:], turns[2:], strict=False):
            if one == third:
                returns[tuple(sorted((one, other)))] += 1
    with Steps(log) as steps:
        found = handovers(steps)
    if found is None:
        assert not any(event.resource for trace in log.traces for event in trace.events)
        return
    assert {(row["from"], row["to"]): row["count"] for row in found["pairs"]} == given_to
    assert {tuple(row["between"]): row["count"] for row in found["ping_pong"]} == returns
    assert found["count"] == given_to.total()
