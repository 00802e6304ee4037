"""Risk control: the threshold above which the error is certified, not just measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

# Fixed before any data is seen, as learn-then-test asks of its grid: even steps in log-odds,
# because calibrated probabilities crowd near one.
GRID = 1 / (1 + np.exp(-np.linspace(-5.0, 9.0, 351)))
STARTS = (0.995, 0.98, 0.95, 0.9, 0.8)
# Share of the allowed 1 - confidence that pays for withholding labels that break the target.
LABEL_SHARE = 0.2


@dataclass(frozen=True)
class Certificate:
    """At or above ``threshold`` at most ``target_error`` are wrong, at ``confidence``.

    ``threshold`` None: nothing could be certified. ``bound`` is the exact upper limit on the
    error among the ``n`` calibration rows' like at the threshold, ``errors`` of the ``accepted``
    ones were wrong, ``coverage`` = accepted / n. ``label_thresholds`` holds the labels decided
    only above a higher bar of their own (inf: never), because they broke the target alone.
    """

    threshold: float | None
    bound: float | None
    n: int
    accepted: int
    errors: int
    coverage: float
    target_error: float
    confidence: float
    method: str = "learn-then-test, fixed sequences, Clopper-Pearson"
    label_thresholds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data; infinity is written as None."""
        data = asdict(self)
        data["label_thresholds"] = {
            k: None if np.isinf(v) else v for k, v in self.label_thresholds.items()
        }
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Certificate:
        """Undo ``to_json``."""
        own = {k: np.inf if v is None else float(v) for k, v in data["label_thresholds"].items()}
        return cls(**{**data, "label_thresholds": own})


def clopper_pearson_upper(errors: int, n: int, confidence: float = 0.95) -> float:
    """Exact one-sided upper limit on a binomial proportion (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    if not 0 <= errors <= n:
        raise ValueError("errors must lie between 0 and n")
    if errors == n:
        return 1.0
    return float(betaincinv(errors + 1, n - errors, confidence))


def clopper_pearson_lower(errors: int, n: int, confidence: float = 0.95) -> float:
    """Exact one-sided lower limit on a binomial proportion."""
    from scipy.special import betaincinv

    return 0.0 if errors == 0 else float(betaincinv(errors, n - errors + 1, 1 - confidence))


def learn_then_test(
    scores: np.ndarray,
    correct: np.ndarray,
    target_error: float = 0.05,
    confidence: float = 0.95,
    *,
    grid: np.ndarray | None = None,
    starts: Sequence[float] = STARTS,
) -> Certificate:
    """The lowest threshold whose error among the accepted is certified.

    Each start walks down the grid until the first threshold that fails its exact binomial test;
    the allowed error of the procedure is split evenly among the starts (fixed-sequence testing,
    Bauer 1991; Angelopoulos et al. 2021, "Learn then Test"). Several starts, because a single
    early error at the strict end would stop a single walk for good. ``scores`` are probabilities
    in [0, 1] of rows that set neither weights nor calibration; ``grid`` and ``starts`` must not
    be chosen on them.
    """
    levels = np.sort(GRID if grid is None else np.asarray(grid))[::-1]
    order = np.argsort(-scores, kind="stable")
    accepted = np.searchsorted(-scores[order], -levels, side="right")
    errors = np.concatenate([[0], np.cumsum(~np.asarray(correct, dtype=bool)[order])])[accepted]
    each = 1 - (1 - confidence) / len(starts)
    best = -1
    for start in starts:
        at = int(np.searchsorted(-levels, -start, side="left"))
        while at < len(levels) and _passes(errors[at], accepted[at], target_error, each):
            best = max(best, at)
            at += 1
    n = len(scores)
    if best < 0:
        return Certificate(None, None, n, 0, 0, 0.0, target_error, confidence)
    hits, wrong = int(accepted[best]), int(errors[best])
    bound = clopper_pearson_upper(wrong, hits, each)
    return Certificate(
        float(levels[best]), bound, n, hits, wrong, hits / n, target_error, confidence
    )


def certify(
    scores: np.ndarray,
    correct: np.ndarray,
    predicted: Sequence[str],
    target_error: float = 0.05,
    confidence: float = 0.95,
) -> Certificate:
    """``learn_then_test`` over all labels, then hold back the labels that break the target.

    A label is held back when even the *lower* limit on its own error among the accepted exceeds
    the target; it then needs a threshold certified on it alone, or is never automatic. Both
    tests together spend 1 - confidence (Bonferroni: a fifth for the labels, shared among them),
    and leaving out rows that err more than the target cannot raise the error of the rest, so the
    overall guarantee stands.
    """
    spent = (1 - confidence) * LABEL_SHARE
    whole = learn_then_test(scores, correct, target_error, confidence + spent)
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
            alone = learn_then_test(scores[mine], correct[mine], target_error, each)
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


def _passes(errors: int, n: int, target: float, confidence: float) -> bool:
    return n > 0 and clopper_pearson_upper(int(errors), int(n), confidence) <= target
