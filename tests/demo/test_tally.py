from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.demo.events import Decided, Event, LevelChanged, Resolved, Waiting
from signalbox.demo.tally import BLOCK, Tally, wilson
from tests.demo.streams import event_streams


@settings(deadline=None)
@given(event_streams())
def test_the_figures_equal_the_events(events: list[Event]) -> None:
    tally = Tally()
    for event in events:
        tally.add(event)
    now = tally.summary()
    alone = [e for e in events if isinstance(e, Decided)]
    asked = [e for e in events if isinstance(e, Waiting)]
    answers = [e for e in events if isinstance(e, Resolved)]
    right = [e for e in alone if e.team == e.true_team]
    assert (now.tasks, now.alone, now.right) == (len(alone) + len(asked), len(alone), len(right))
    assert now.waiting == len(asked) - len(answers)
    assert sum(now.answered.values()) == len(answers)
    assert sum(now.by.values()) == len(alone)
    assert now.stray_routed == sum(not e.true_team for e in alone)
    assert now.level_changes == sum(isinstance(e, LevelChanged) for e in events)
    assert now.coverage == (len(alone) / now.tasks if now.tasks else None)
    assert now.selective_accuracy == (len(right) / len(alone) if alone else None)
    assert now.median_ms == (
        median([*(e.ms for e in alone), *(e.ms for e in asked)]) if now.tasks else None
    )
    assert now.blocks == tuple(
        sum(e.team == e.true_team for e in alone[i : i + BLOCK]) / BLOCK
        for i in range(0, len(alone) - BLOCK + 1, BLOCK)
    )
    assert [e.task for e in tally.open] == [
        e.task for e in asked if e.task not in {a.task for a in answers}
    ]


def test_an_answer_to_nothing_changes_nothing() -> None:
    tally = Tally()
    tally.add(Resolved("T-1", "approve", "network", "Ada"))
    assert tally.summary().answered == {}


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share(counts: tuple[int, int]) -> None:
    hits, n = counts
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1


def test_wilson_against_scipy() -> None:
    from scipy.stats import binomtest

    for hits, n in ((0, 10), (3, 10), (95, 100), (100, 100)):
        wanted = binomtest(hits, n).proportion_ci(method="wilson")
        assert wilson(hits, n) == pytest.approx((wanted.low, wanted.high))
    assert wilson(0, 0) == (0.0, 1.0)
