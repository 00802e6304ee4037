from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from signalbox.learning.calibration import Calibration, fit_calibration
from signalbox.learning.fusion import fit_fusion, softmax
from signalbox.learning.head import fit_head
from signalbox.learning.measures import auroc, ece
from signalbox.learning.members import MemberScores
from signalbox.learning.scope import fit_scope


def scores(n: int = 3000, k: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two members: a fair one, and one of noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    fair = rng.normal(size=(n, k))
    fair[np.arange(n), y] += 2
    return np.stack([fair, rng.normal(size=(n, k))]).astype(np.float32), y


def test_fusion_finds_the_member_that_knows() -> None:
    found, y = scores()
    weights = fit_fusion(found, y).weights
    # The likelihood ratio of unit normals two apart is exp(2 x): that is the right temperature.
    assert weights[0] == pytest.approx(2, abs=0.15)
    assert weights[1] == pytest.approx(0, abs=0.1)


def test_wrong_labels_do_not_flatten_the_pool() -> None:
    found, y = scores(k=20)
    rng = np.random.default_rng(1)
    wrong = rng.uniform(size=len(y)) < 0.1
    noisy = np.where(wrong, rng.integers(0, 20, len(y)), y)
    clean, dirty = fit_fusion(found, y).weights[0], fit_fusion(found, noisy).weights[0]
    assert dirty > 0.85 * clean  # the log-loss keeps 0.81


def test_calibration_mends_overconfidence() -> None:
    rng = np.random.default_rng(1)
    stated = rng.uniform(0.5, 1, 8000)
    correct = rng.uniform(size=8000) < 0.5 + (stated - 0.5) * 0.6
    fitted = fit_calibration(stated[:4000], correct[:4000])
    after = fitted.confidence(stated[4000:])
    assert ece(after, correct[4000:]) < 0.03 < ece(stated[4000:], correct[4000:])


def test_calibration_is_left_alone_without_evidence() -> None:
    assert fit_calibration(np.full(50, 0.9), np.ones(50, bool)) == Calibration()


@settings(max_examples=60)
@given(
    hnp.arrays(np.float32, (5, 4), elements=st.floats(-20, 20, width=32)),
    st.floats(0.05, 5),
    st.floats(-8, 8),
)
def test_calibrated_rows_are_distributions_with_the_same_answer(
    logits: np.ndarray, slope: float, offset: float
) -> None:
    before = softmax(logits)
    after = Calibration(slope, offset).apply(before)
    assert np.allclose(after.sum(axis=1), 1, atol=1e-5)
    assert (after >= 0).all()
    best = before.argmax(axis=1)
    assert np.allclose(after[np.arange(5), best], after.max(axis=1), atol=1e-6)


def test_scope_rejects_the_share_asked_for_and_tells_strangers() -> None:
    rng = np.random.default_rng(2)
    found, _ = scores()
    logits, near = found[0] * 3, rng.normal(0.7, 0.1, 3000)
    scope = fit_scope(logits, near, rejected=0.05)
    inside = scope.score(logits, near)
    outside = scope.score(rng.normal(size=(500, 4)), rng.normal(0.3, 0.1, 500))
    assert np.mean(inside < scope.threshold) == pytest.approx(0.05, abs=0.005)
    assert auroc(inside, outside) > 0.95


def test_head_is_calibrated_on_new_rows() -> None:
    found, y = scores()
    head = fit_head(MemberScores(found, np.zeros(len(y))), y)
    new, truth = scores(seed=9)
    p, _, logits = head.apply(MemberScores(new, np.zeros(len(truth))))
    assert p.shape == logits.shape == (3000, 4)
    assert ece(p.max(axis=1), p.argmax(axis=1) == truth) < 0.03
