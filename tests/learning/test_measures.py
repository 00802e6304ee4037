from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import f1_score, roc_auc_score

from signalbox.learning import measures

rng = np.random.default_rng(0)


def test_macro_f1_equals_scikit_learn() -> None:
    truth, said = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    assert measures.macro_f1(truth, said) == pytest.approx(f1_score(truth, said, average="macro"))


def test_auroc_equals_scikit_learn_with_ties() -> None:
    high, low = rng.integers(2, 9, 50), rng.integers(0, 6, 70)
    truth = np.r_[np.ones(50), np.zeros(70)]
    expected = roc_auc_score(truth, np.r_[high, low])
    assert measures.auroc(high, low) == pytest.approx(expected)


def test_ece_is_small_when_calibrated_and_large_when_not() -> None:
    p = rng.uniform(0.5, 1, 20_000)
    correct = rng.uniform(size=p.size) < p
    assert measures.ece(p, correct) < 0.02
    assert measures.ece(np.full(1000, 0.9), np.zeros(1000)) == pytest.approx(0.9)


def test_coverage_at_accuracy_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    correct = np.array([True, True, False, True])
    assert measures.coverage_at_accuracy(scores, correct, 0.75) == (1.0, 0.6)
    assert measures.coverage_at_accuracy(scores, correct, 0.9) == (0.5, 0.8)
    assert measures.coverage_at_accuracy(scores, ~correct, 0.9) == (0.0, None)


def test_coverage_keeps_ties_together() -> None:
    scores, correct = np.full(4, 0.5), np.array([True, False, False, False])
    assert measures.coverage_at_accuracy(scores, correct, 0.9) == (0.0, None)


@settings(max_examples=50)
@given(hnp.arrays(float, 30, elements=st.floats(0, 1)), hnp.arrays(bool, 30), st.floats(0.1, 0.99))
def test_the_threshold_found_gives_the_accuracy_asked_for(
    scores: np.ndarray, correct: np.ndarray, target: float
) -> None:
    share, threshold = measures.coverage_at_accuracy(scores, correct, target)
    assert measures.coverage(scores, threshold) == share
    if threshold is not None:
        found = measures.selective_accuracy(scores, correct, threshold)
        assert found is not None and found >= target


def test_wilson_matches_published_value() -> None:
    low, high = measures.wilson(81, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=1e-3), pytest.approx(0.3662, abs=1e-3))
    assert measures.wilson(0, 10)[0] == 0.0
    assert measures.wilson(10, 10)[1] == 1.0
    assert measures.wilson(0, 0) == (0.0, 1.0)


def test_nothing_automatic() -> None:
    assert measures.selective_accuracy(np.ones(3), np.ones(3, bool), None) is None
    assert measures.coverage(np.ones(3), None) == 0.0
    assert measures.recall_at(np.array([0.1, 0.9]), 0.5) == 0.5
