from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from signalbox.domain.certificate import (
    Certificate,
    clopper_pearson_lower,
    clopper_pearson_upper,
    learn_then_test,
)


@given(st.integers(1, 500), st.data())
def test_clopper_pearson_inverts_the_binomial(n: int, data: st.DataObject) -> None:
    errors = data.draw(st.integers(0, n))
    upper = clopper_pearson_upper(errors, n, 0.95)
    lower = clopper_pearson_lower(errors, n, 0.95)
    assert lower <= errors / n <= upper
    if errors < n:
        assert binom.cdf(errors, n, upper) == pytest.approx(0.05, abs=1e-6)
    if errors:
        assert binom.sf(errors - 1, n, lower) == pytest.approx(0.05, abs=1e-6)


def test_rule_of_three() -> None:
    assert clopper_pearson_upper(0, 59) < 0.05 < clopper_pearson_upper(0, 58)
    with pytest.raises(ValueError, match="errors"):
        clopper_pearson_upper(3, 2)


def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    scores = rng.beta(4, 1, n)
    return scores, rng.uniform(size=n) < scores**0.5


def true_error(threshold: float) -> float:
    scores = np.random.default_rng(99).beta(4, 1, 400_000)
    return float(np.mean(1 - scores[scores >= threshold] ** 0.5))


def test_the_guarantee_holds_over_resamples() -> None:
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(200):
        scores, correct = draw(rng, 1500)
        found = learn_then_test(scores, correct, 0.05, 0.9)
        if found.threshold is not None:
            errors.append(true_error(found.threshold))
    assert len(errors) > 150
    # Broken in at most a tenth of all; 200 draws may exceed that by chance up to 30.
    assert sum(error > 0.05 for error in errors) <= 30


def test_one_early_error_does_not_stop_every_walk() -> None:
    scores = np.linspace(0.3, 0.9999, 3000)
    correct = np.ones(3000, bool)
    correct[-1] = False
    found = learn_then_test(scores, correct)
    assert found.threshold is not None
    assert found.coverage > 0.9


def test_too_few_rows_certify_nothing() -> None:
    found = learn_then_test(np.full(40, 0.99), np.ones(40, bool))
    assert found.threshold is None
    assert found.bound is None


def test_the_bound_is_that_of_the_accepted_rows() -> None:
    rng = np.random.default_rng(2)
    scores, correct = draw(rng, 4000)
    found = learn_then_test(scores, correct, 0.1)
    assert found.threshold is not None and found.bound is not None
    chosen = scores >= found.threshold
    assert found.accepted == chosen.sum()
    assert found.errors == (~correct[chosen]).sum()
    assert found.errors / found.accepted < found.bound <= 0.1


def test_certificate_survives_json() -> None:
    mine = Certificate(0.9, 0.04, 10, 5, 0, 0.5, 0.05, 0.95, label_thresholds={"x": np.inf})
    assert Certificate.from_json(json.loads(json.dumps(mine.to_json()))) == mine


def test_a_stretch_of_work_shows_the_promise_nine_times_in_ten() -> None:
    """Errors as frequent as certified would break it half of the time without the margin."""
    rng = np.random.default_rng(3)
    scores = rng.uniform(0.5, 1.0, 60_000)
    correct = rng.uniform(size=len(scores)) < 0.9 + 0.1 * (scores - 0.5) / 0.5
    plain = learn_then_test(scores, correct, 0.05, 0.95)
    lasting = learn_then_test(scores, correct, 0.05, 0.95, stretch=1_000)
    assert plain.threshold is not None and lasting.threshold is not None
    assert plain.threshold < lasting.threshold
    broken = {}
    for found in (plain, lasting):
        right = correct[scores >= found.threshold]
        kept = [rng.choice(right, 1_000).mean() >= 0.95 for _ in range(2_000)]
        broken[found.threshold] = 1 - np.mean(kept)
    assert broken[plain.threshold] > 0.25
    assert broken[lasting.threshold] < 0.12
