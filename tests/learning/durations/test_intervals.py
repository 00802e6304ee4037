"""Quantiles in order, and intervals that cover what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.learning.durations.adapting import walk
from signalbox.learning.durations.baseline import mean_by_prefix, usual_next
from signalbox.learning.durations.breach import breach_risk
from signalbox.learning.durations.forest import QuantileForest
from signalbox.learning.durations.intervals import OUTSIDE, TAILS, Calibration, Spread
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.durations.samples import bootstrap
from tests.learning.durations.logs import alone

ALL = np.arange(500)


@pytest.fixture(scope="module")
def grown() -> tuple[QuantileForest, Prefixes, np.ndarray]:
    """A forest on durations whose scale is the first feature, and 500 further ones."""
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 3, (1500, 3))
    y = rng.exponential(np.exp(X[:, 0]))
    return QuantileForest().fit(alone(X[:1000]), y[:1000]), alone(X[1000:]), y[1000:]


def test_quantiles_are_ordered_and_agree_with_probabilities(grown: tuple) -> None:
    forest, new, _ = grown
    found = forest.quantiles(new, ALL, (0.1, 0.5, 0.9))
    assert (np.diff(found, axis=1) >= 0).all()
    assert (forest.exceeding(new, ALL, found[:, 2]) <= 0.1 + 1e-6).all()
    assert (forest.exceeding(new, ALL, found[:, 2] - 1e-6) >= 0.1 - 1e-6).all()
    # The median of an exponential is log(2) times its mean.
    assert np.corrcoef(found[:, 1], np.exp(new.X[:, 0]) * np.log(2))[0, 1] > 0.9


def test_intervals_are_nested_and_cover_as_promised(grown: tuple) -> None:
    forest, new, y = grown
    spread = Spread.of(forest, new, ALL)
    assert (np.diff(spread.lower, axis=1) >= 0).all()
    assert (np.diff(spread.upper, axis=1) <= 0).all()
    scores = spread.scores(y)
    tail = Calibration(scores[:250]).tail(0.9)
    lower, upper = spread.ends(np.full(len(new), tail))
    covered = (lower <= y) & (y <= upper)
    # An interval holds what came true exactly when the score says so.
    assert np.array_equal(covered, scores >= max(tail, 0.0))
    assert 0.83 <= covered[250:].mean() <= 0.96


def test_a_case_late_already_is_a_breach(grown: tuple) -> None:
    forest, new, _ = grown
    risk = breach_risk(forest, replace(new, elapsed=np.linspace(0, 20, len(new))), ALL, 10.0)
    assert (risk[-200:] == 1.0).all()
    assert ((risk >= 0) & (risk <= 1)).all()


def test_too_few_scores_promise_nothing() -> None:
    assert Calibration(np.full(5, 0.3)).tail(0.9) == OUTSIDE
    assert Calibration(np.full(50, 0.3)).tail(0.9) == 0.3
    assert Calibration(np.full(50, 0.3)).tail(-0.1) == TAILS[-1]


def test_coverage_is_kept_when_the_process_changes() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.choice(TAILS, 500), rng.choice(TAILS, 3000) - 0.1
    moments = np.arange(3000.0)
    tails = walk(Calibration(before), 0.9, after, moments, moments + 20)
    assert (after >= Calibration(before).tail(0.9)).mean() < 0.8
    assert 0.88 <= (after >= tails).mean() <= 0.92


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=2, max_size=40))
def test_no_outcome_counts_before_it_is_known(pairs: list[tuple[int, int]]) -> None:
    moments = np.array([float(at) for at, _ in pairs])
    known = moments + np.array([float(wait) for _, wait in pairs])
    calibration = Calibration(np.linspace(0, 0.4, 60))
    hits, misses = np.full(len(pairs), 0.5), np.full(len(pairs), OUTSIDE)
    middle = float(np.median(moments))
    late = known >= middle
    tails = walk(calibration, 0.9, hits, moments, known)
    others = walk(calibration, 0.9, np.where(late, misses, hits), moments, known)
    assert np.array_equal(tails[moments <= middle], others[moments <= middle])


def test_baselines_by_hand() -> None:
    found = mean_by_prefix(np.array([2, 2, 3]), np.array([1.0, 3.0, 5.0]), np.array([2, 3, 9]))
    assert found.tolist() == [2.0, 5.0, 3.0]
    last, then = np.array(["a", "a", "a", "b"]), np.array(["x", "y", "y", "x"])
    assert usual_next(last, then, np.array(["a", "b", "c"])).tolist() == ["y", "x", "x"]


def test_the_bootstrap_draws_whole_cases() -> None:
    values = np.repeat([0.0, 1.0] * 10, 50)
    low, high = bootstrap(values, np.repeat(np.arange(20), 50))
    assert low < 0.35 and high > 0.65
