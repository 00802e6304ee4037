"""Certifying: the threshold above which a fitted calibration may be acted on, if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from agents.calibration import AgentCalibration, AgentCertificate
from agents.labelled import LabelledCase, reach

if TYPE_CHECKING:
    import numpy as np

# A choice likelier to be wrong than right never acts alone, whatever the average allows.
LEAST_THRESHOLD = 0.5
_LEVELS = 40


def certified(
    model: AgentCalibration,
    fitted: Sequence[LabelledCase],
    held: Sequence[LabelledCase],
    target_error: float,
    level: float,
) -> AgentCalibration:
    """Learn-then-test in one walk, from the level most likely to pass to ever lower ones.

    A walk that spends the whole allowance needs 59 faultless cases, where several walks that
    share it need 90. Where it starts and steps is settled on the fitted cases alone, as fixed
    sequence testing asks.
    """
    import numpy as np

    from signalbox.domain.certificate import accepted_needed, learn_then_test

    known, known_right = _scores(model, fitted)
    scores, right = _scores(model, held)
    shares = np.linspace(1, 0, _LEVELS, endpoint=False)
    levels = np.unique(np.maximum(np.quantile(known, 1 - shares), LEAST_THRESHOLD))
    levels = np.union1d(levels, [LEAST_THRESHOLD])
    start = _likeliest(levels, known, known_right, len(held), target_error, level)
    found = learn_then_test(scores, right, target_error, level, grid=levels, starts=(start,))
    measured: dict[str, object] = {
        "accuracy": float(right.mean()),
        "brier": float(np.mean([(model.confidence(c.features) - c.correct) ** 2 for c in held])),
    }
    told = AgentCertificate(n=len(held), target_error=target_error, level=level)
    if found.threshold is not None:
        certificate = told.model_copy(
            update={
                "threshold": found.threshold,
                "bound": found.bound,
                "accepted": found.accepted,
                "errors": found.errors,
                "coverage": found.coverage,
            }
        )
        return model.model_copy(update=measured | {"certificate": certificate})
    accepted = int(np.sum(scores >= start))
    errors = int(np.sum(~right[scores >= start]))
    missing = max(1, accepted_needed(errors, target_error, level) - accepted)
    refusal = _refusal(accepted, errors, missing, told)
    refused = told.model_copy(update={"missing": missing, "refusal": refusal})
    return model.model_copy(update=measured | {"certificate": refused})


def _scores(
    model: AgentCalibration, cases: Sequence[LabelledCase]
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    # By the very functions that judge later, so that no score differs in its last digit.
    scores = np.array([reach(model, case) for case in cases])
    return scores, np.array([case.correct for case in cases], dtype=bool)


def _likeliest(
    levels: np.ndarray,
    known: np.ndarray,
    right: np.ndarray,
    n: int,
    target_error: float,
    level: float,
) -> float:
    """The level at which ``n`` new cases are likeliest to pass, judging by the fitted ones.

    Counts as accepted what two standard deviations of bad luck leave.
    """
    import numpy as np
    from scipy.special import bdtr

    from signalbox.domain.certificate import clopper_pearson_upper

    best, best_power = float(levels[-1]), -1.0
    for candidate in levels[::-1]:
        kept = known >= candidate
        share = kept.mean()
        expected = int(n * share - 2 * np.sqrt(n * share * (1 - share)))
        wrong = (np.sum(~right[kept]) + 0.5) / (kept.sum() + 1)
        allowed = -1
        while (
            allowed + 1 < expected
            and clopper_pearson_upper(allowed + 1, expected, level) <= target_error
        ):
            allowed += 1
        power = float(bdtr(allowed, expected, wrong)) if allowed >= 0 else 0.0
        # On a tie the lower level, which more cases reach.
        if power >= best_power:
            best, best_power = float(candidate), power
    return best


def _refusal(accepted: int, errors: int, missing: int, told: AgentCertificate) -> str:
    if not accepted:
        return (
            f"none of {told.n} cases was sure enough to count: {missing} accepted without an"
            f" error are needed for {told.level:.0%} confidence"
        )
    seen = f"of the {accepted} surest of {told.n} cases {errors} were wrong"
    lacking = f"{missing} more without an error are missing for {told.level:.0%} confidence"
    if errors > told.target_error * accepted:
        return (
            f"{seen}, more than {told.target_error:.0%}: {lacking},"
            " which a model that errs so often will not give"
        )
    more = ceil(missing * told.n / accepted)
    return f"{seen}: {lacking} (about {more} more labelled cases to certify on)"
