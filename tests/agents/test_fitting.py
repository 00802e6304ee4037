from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.calibration import judge
from agents.features import Features
from agents.fitting import FEWEST_TO_FIT, TooFewCases, fit_calibration, split
from signalbox.domain.certificate import accepted_needed
from signalbox.domain.errors import BadInput
from tests.agents.labelled import KEY, cases, informed, some_features

LEAST = FEWEST_TO_FIT + 59


def always(features: Features) -> float:
    return 1.0


def coin(features: Features) -> float:
    return 0.5


def test_calibrated_in_the_limit() -> None:
    fitted = fit_calibration(cases(1, 30_000, informed), KEY)
    rng = np.random.default_rng(2)
    fresh = [some_features(rng) for _ in range(4_000)]
    told = np.array([fitted.confidence(features) for features in fresh])
    true = np.array([informed(features) for features in fresh])
    assert np.abs(told - true).mean() < 0.01
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (told >= low) & (told < low + 0.1)
        if inside.sum() > 50:
            assert told[inside].mean() == pytest.approx(true[inside].mean(), abs=0.03)


def test_a_certificate_holds_on_cases_it_has_not_seen() -> None:
    fitted = fit_calibration(cases(3, 3_000, informed), KEY)
    found = fitted.certificate
    assert found.threshold is not None and found.bound is not None
    assert found.errors / found.accepted < found.bound <= 0.05
    assert 0.3 < found.coverage < 1
    rng = np.random.default_rng(4)
    judged = [(judge(one, fitted, KEY), one) for one in (some_features(rng) for _ in range(6_000))]
    chances = [informed(one) for judgement, one in judged if judgement.certified]
    assert np.mean(chances) > 0.95
    assert len(chances) / len(judged) == pytest.approx(found.coverage, abs=0.05)
    assert all(one.certified or one.reason for one, _ in judged)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(LEAST, 600), samples=st.integers(1, 2))
def test_a_coin_is_never_certified(seed: int, n: int, samples: int) -> None:
    fitted = fit_calibration(cases(seed, n, coin, samples=samples), KEY)
    found = fitted.certificate
    assert found.threshold is None and found.bound is None and found.accepted == 0
    assert found.missing > 0 and f"{found.missing} " in found.refusal
    judgement = judge(some_features(np.random.default_rng(seed), samples=samples), fitted, KEY)
    assert judgement.calibrated and not judgement.certified


def test_what_errs_a_little_too_often_is_certified_by_chance_at_most_as_promised() -> None:
    """Error 5.5 % whatever the features: every certificate is a mistake; 5 % of them may be."""
    wrong = sum(
        fit_calibration(cases(seed, 250, lambda _: 0.945), KEY).certificate.threshold is not None
        for seed in range(200)
    )
    assert wrong <= 10


def test_59_faultless_cases_are_enough_and_58_are_not() -> None:
    assert [accepted_needed(errors) for errors in (0, 1, 2)] == [59, 93, 124]
    found = fit_calibration(cases(5, LEAST, always), KEY).certificate
    assert (found.n, found.accepted, found.errors) == (59, 59, 0)
    assert found.threshold is not None
    with pytest.raises(TooFewCases, match="88 labelled cases, 1 too few") as raised:
        fit_calibration(cases(5, LEAST - 1, always), KEY)
    assert raised.value.missing == 1
    with pytest.raises(TooFewCases) as raised:
        fit_calibration([], KEY)
    assert raised.value.missing == LEAST


def test_one_error_in_59_is_refused_and_says_how_many_are_missing() -> None:
    made = cases(6, LEAST, always)
    _, to_certify = split(made)
    bad = to_certify[0].id
    made = [one.model_copy(update={"correct": one.id != bad}) for one in made]
    found = fit_calibration(made, KEY).certificate
    assert found.threshold is None
    assert found.missing == 93 - 59
    assert "34 more without an error are missing" in found.refusal


def test_no_case_is_both_fitted_and_certified() -> None:
    made = cases(7, 500, informed)
    one, other = ({case.id for case in part} for part in split(made))
    assert one.isdisjoint(other)
    assert one | other == {case.id for case in made}
    assert split(made[::-1])[0] == split(made)[0]
    with pytest.raises(BadInput, match="'case-7-3' is there 2 times"):
        fit_calibration([*made, made[3]], KEY)


def test_the_certified_labels_do_not_move_the_weights() -> None:
    made = cases(8, 400, informed)
    _, to_certify = split(made)
    held = {case.id for case in to_certify}
    turned = [
        one.model_copy(update={"correct": not one.correct}) if one.id in held else one
        for one in made
    ]
    first, second = fit_calibration(made, KEY), fit_calibration(turned, KEY)
    assert (first.weights, first.offset) == (second.weights, second.offset)
    assert second.certificate.threshold is None


def test_a_model_that_is_mostly_wrong_is_told_that_nothing_was_sure_enough() -> None:
    found = fit_calibration(cases(10, 200, lambda _: 0.02), KEY).certificate
    assert found.threshold is None and found.missing == 59
    assert found.refusal.startswith("none of 120 cases was sure enough")
