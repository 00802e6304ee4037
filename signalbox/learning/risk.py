"""Risk control of the router: a certified threshold, and labels held back that break it alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from signalbox.domain.certificate import (
    GRID,
    STARTS,
    Certificate,
    clopper_pearson_lower,
    clopper_pearson_upper,
    learn_then_test,
)

__all__ = [
    "GRID",
    "STARTS",
    "Certificate",
    "certify",
    "clopper_pearson_lower",
    "clopper_pearson_upper",
    "learn_then_test",
]

# A mere guess never acts alone, however few errors the held-out rows showed: what the router meets
# later may be harder. Not 0.5, as for the agents: among 150 labels a likeliest one at 0.45 is often
# right, and a router of CLINC150 by words alone would lose 0.8 points of coverage (0.1 at 0.4).
LEAST_THRESHOLD = 0.4
_LEVELS = GRID[GRID >= LEAST_THRESHOLD]
# Share of the allowed 1 - confidence that pays for withholding labels that break the target.
LABEL_SHARE = 0.2


def certify(
    scores: np.ndarray,
    correct: np.ndarray,
    predicted: Sequence[str],
    target_error: float = 0.05,
    confidence: float = 0.95,
    *,
    stretch: int = 0,
) -> Certificate:
    """``learn_then_test`` over all labels, then hold back the labels that break the target.

    No threshold lies below ``LEAST_THRESHOLD``.
    A label is held back when even the *lower* limit on its own error among the accepted exceeds
    the target; it then needs a threshold certified on it alone, or is never automatic. Both
    tests together spend 1 - confidence (Bonferroni: a fifth for the labels, shared among them),
    and leaving out rows that err more than the target cannot raise the error of the rest, so the
    overall guarantee stands.
    """
    spent = (1 - confidence) * LABEL_SHARE
    whole = learn_then_test(
        scores, correct, target_error, confidence + spent, grid=_LEVELS, stretch=stretch
    )
    if whole.threshold is None:
        return Certificate(None, None, len(scores), 0, 0, 0.0, target_error, confidence)
    labels = np.asarray(predicted, dtype=object)
    names = sorted(set(predicted))
    each = 1 - spent / (2 * len(names))
    own: dict[str, float] = {}
    keep = scores >= whole.threshold
    for name in names:
        rows = keep & (labels == name)
        n, errors = int(rows.sum()), int((rows & ~correct).sum())
        if n and clopper_pearson_lower(errors, n, each) > target_error:
            mine = labels == name
            alone = learn_then_test(scores[mine], correct[mine], target_error, each, grid=_LEVELS)
            bar = np.inf if alone.threshold is None else max(alone.threshold, whole.threshold)
            own[name] = float(bar)
            keep &= ~(mine & (scores < bar))
    accepted, errors = int(keep.sum()), int((keep & ~correct).sum())
    return Certificate(
        whole.threshold,
        whole.bound,
        len(scores),
        accepted,
        errors,
        accepted / len(scores),
        target_error,
        confidence,
        label_thresholds=own,
    )
