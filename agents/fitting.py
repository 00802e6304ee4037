"""Fitting: from labelled cases to a calibration with its certificate, or a refusal that says why.

The cases must be like those the model will be asked about, hard ones only, and answered under the
same policy of when a second sample is taken: the certificate speaks of no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from agents.calibration import AgentCalibration, CalibrationKey
from agents.certifying import certified
from agents.labelled import LabelledCase
from signalbox.domain.errors import BadInput

if TYPE_CHECKING:
    import numpy as np

# Below this many a logistic model of seven columns says more about chance than about the model.
FEWEST_TO_FIT = 30
SHARE_TO_FIT = 0.4
# Strength of the pull of the standardised weights towards none, in cases.
RIDGE = 1.0
_NEWTON_STEPS = 50
_CLOSE = 1e-9


class TooFewCases(BadInput):
    """Not enough labelled cases to fit and certify; ``missing`` says how many more are needed."""

    code = "too-few-cases"

    def __init__(self, message: str, *, missing: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.missing = missing


def fit_calibration(
    cases: Sequence[LabelledCase],
    key: CalibrationKey,
    *,
    target_error: float = 0.05,
    level: float = 0.95,
) -> AgentCalibration:
    """Fit on one part of ``cases``, certify on the other; no case is in both.

    The parts are drawn by a digest of the case id, so a case is on the same side however often
    this is run. Where no threshold can be certified the calibration still gives a confidence, and
    its certificate a refusal with the number of accepted cases that are missing.

    Raises:
        TooFewCases: not even a faultless model could be certified with so few.
        BadInput: an id is there twice.
    """
    to_fit, to_certify = split(cases, target_error, level)
    model = _logistic(to_fit, key)
    return certified(model, to_fit, to_certify, target_error, level)


def split(
    cases: Sequence[LabelledCase], target_error: float = 0.05, level: float = 0.95
) -> tuple[list[LabelledCase], list[LabelledCase]]:
    """(cases to fit, cases to certify), disjoint and in no order of the caller's."""
    from signalbox.domain.certificate import accepted_needed

    (twice, times), *_ = [*Counter(case.id for case in cases).most_common(1), ("", 0)]
    if times > 1:
        raise BadInput(
            f"the labelled case {twice!r} is there {times} times",
            hint="give every case once: a case in both parts would certify itself",
        )
    least = accepted_needed(0, target_error, level)
    missing = FEWEST_TO_FIT + least - len(cases)
    if missing > 0:
        raise TooFewCases(
            f"{len(cases)} labelled cases, {missing} too few: {FEWEST_TO_FIT} to fit and {least}"
            f" to certify an error of {target_error:.0%} at {level:.0%}",
            missing=missing,
            hint="label more of the cases the model would be asked about",
        )
    ordered = sorted(cases, key=lambda case: sha256(case.id.encode()).digest())
    n_fit = max(FEWEST_TO_FIT, min(round(SHARE_TO_FIT * len(cases)), len(cases) - least))
    return ordered[:n_fit], ordered[n_fit:]


def _logistic(cases: Sequence[LabelledCase], key: CalibrationKey) -> AgentCalibration:
    """Ridge logistic regression with Platt's softened targets (Platt 1999): never sure of all."""
    import numpy as np

    rows = np.array([case.features.vector for case in cases])
    right = np.array([case.correct for case in cases])
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    x = np.column_stack([(rows - centre) / scale, np.ones(len(rows))])
    hits = float(right.sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))
    pull = np.append(np.full(rows.shape[1], RIDGE), 0.0)

    def loss(weights: np.ndarray) -> float:
        z = x @ weights
        return float(np.sum(np.logaddexp(0, z) - target * z) + np.sum(pull * weights**2) / 2)

    # Newton's method, a step halved until it does not lead uphill: the loss is convex.
    found = np.zeros(x.shape[1])
    for _ in range(_NEWTON_STEPS):
        p = 1 / (1 + np.exp(-(x @ found)))
        slope = x.T @ (p - target) + pull * found
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + np.diag(pull), slope)
        while loss(found - step) > loss(found) and np.abs(step).max() > _CLOSE:
            step /= 2
        found = found - step
        if np.abs(step).max() <= _CLOSE:
            break
    return AgentCalibration(
        key=key,
        low=tuple(rows.min(axis=0).tolist()),
        high=tuple(rows.max(axis=0).tolist()),
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(found[:-1].tolist()),
        offset=float(found[-1]),
        samples=tuple(sorted({case.features.samples for case in cases})),
        fitted=len(cases),
    )
