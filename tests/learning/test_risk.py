from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.risk import LEAST_THRESHOLD, certify
from tests.domain.test_certificate import draw


def test_a_label_that_breaks_the_target_is_held_back() -> None:
    rng = np.random.default_rng(3)
    scores = np.full(5000, 0.99)
    predicted = ["bad" if i % 25 == 0 else "good" for i in range(5000)]
    correct = np.array([p == "good" or rng.uniform() < 0.5 for p in predicted])
    found = certify(scores, correct, predicted)
    assert found.label_thresholds == {"bad": np.inf}
    assert found.errors == 0
    assert found.coverage == pytest.approx(0.96)


def test_good_labels_are_left_alone() -> None:
    scores, correct = draw(np.random.default_rng(4), 4000)
    labels = ["a" if i % 2 else "b" for i in range(4000)]
    assert certify(scores, correct, labels).label_thresholds == {}


def test_faultless_rows_do_not_let_a_mere_guess_act_alone() -> None:
    scores = np.linspace(0.02, 0.999, 2000)
    found = certify(scores, np.ones(2000, bool), ["a"] * 2000)
    assert found.threshold is not None
    assert found.threshold >= LEAST_THRESHOLD
    assert found.accepted == int(np.sum(scores >= found.threshold))
