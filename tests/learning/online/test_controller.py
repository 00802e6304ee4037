import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalbox.learning.online.controller import NOTHING, Controller


def test_nothing_is_automatic_without_evidence():
    control = Controller(0.95)
    assert control.choose(np.zeros(0), [], np.zeros(0)) == NOTHING


def test_the_threshold_keeps_the_errors_out():
    random = np.random.default_rng(0)
    scores = random.random(3000)
    correct = random.random(3000) < np.where(scores > 0.6, 0.99, 0.5)
    threshold = Controller(0.95).choose(scores, correct.tolist(), np.ones(3000))
    assert 0.5 < threshold < 0.9
    assert correct[scores >= threshold].mean() >= 0.95


def test_no_threshold_where_every_score_errs():
    random = np.random.default_rng(1)
    scores = random.random(1000)
    correct = random.random(1000) < 0.7
    assert Controller(0.95).choose(scores, correct.tolist(), np.ones(1000)) == NOTHING


def test_an_error_tightens_the_aim():
    control = Controller(0.95)
    for _ in range(200):
        control.record(True)
    before = control.aim()
    for _ in range(8):
        control.record(False)
    assert control.aim() < before


@given(st.lists(st.booleans(), max_size=400))
def test_the_aim_never_reaches_what_was_promised(outcomes):
    control = Controller(0.95)
    for correct in outcomes:
        control.record(correct)
        assert 0 < control.aim() < 0.05
    assert (
        control.balance == np.float64(0.05 * len(outcomes) - outcomes.count(False))
        or abs(control.balance - (0.05 * len(outcomes) - outcomes.count(False))) < 1e-9
    )


def test_state_round_trip():
    control = Controller(0.95)
    control.record(True)
    control.record(False)
    other = Controller(0.95)
    other.restore(control.state())
    assert (other.automatic, other.errors, other.threshold) == (2, 1, control.threshold)
