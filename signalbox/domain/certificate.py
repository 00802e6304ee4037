"""Certificates: the threshold above which the error is certified, not just measured.

Pure arithmetic that the router and the agents share. Nothing else of the domain imports this
module, since it needs numpy; scipy is imported when a limit is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

# Fixed before any data is seen, as learn-then-test asks of its grid: even steps in log-odds,
# because calibrated probabilities crowd near one.
GRID = 1 / (1 + np.exp(-np.linspace(-5.0, 9.0, 351)))
STARTS = (0.995, 0.98, 0.95, 0.9, 0.8)
STRETCH_KEPT = 0.9


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
    scores: npt.NDArray[np.floating[Any]],
    correct: npt.NDArray[np.bool_],
    target_error: float = 0.05,
    confidence: float = 0.95,
    *,
    grid: npt.NDArray[np.floating[Any]] | None = None,
    starts: Sequence[float] = STARTS,
    stretch: int = 0,
) -> Certificate:
    """The lowest threshold whose error among the accepted is certified.

    Each start walks down the grid until the first threshold that fails its exact binomial test;
    the allowed error of the procedure is split evenly among the starts (fixed-sequence testing,
    Bauer 1991; Angelopoulos et al. 2021, "Learn then Test"). Several starts, because a single
    early error at the strict end would stop a single walk for good. ``scores`` are probabilities
    in [0, 1] of rows that set neither weights nor calibration; ``grid`` and ``starts`` must not
    be chosen on them.

    The certificate speaks of the long run. With ``stretch`` a walk also stops where the next
    ``stretch`` accepted cases would break the target, by chance alone, more often than once in
    ten: stopping earlier leaves the guarantee as it is.
    """
    levels = np.sort(GRID if grid is None else np.asarray(grid))[::-1]
    order = np.argsort(-scores, kind="stable")
    accepted = np.searchsorted(-scores[order], -levels, side="right")
    errors = np.concatenate([[0], np.cumsum(~np.asarray(correct, dtype=bool)[order])])[accepted]
    each = 1 - (1 - confidence) / len(starts)
    best = -1
    for start in starts:
        at = int(np.searchsorted(-levels, -start, side="left"))
        while (
            at < len(levels)
            and _passes(errors[at], accepted[at], target_error, each)
            and _lasts(errors[at] / accepted[at], stretch, target_error)
        ):
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


def _passes(errors: int, n: int, target: float, confidence: float) -> bool:
    return n > 0 and clopper_pearson_upper(int(errors), int(n), confidence) <= target


def _lasts(error: float, stretch: int, target: float) -> bool:
    """Whether ``stretch`` cases of that error keep within the target nine times in ten."""
    from scipy.special import bdtr

    return stretch == 0 or bool(bdtr(floor(target * stretch), stretch, error) >= STRETCH_KEPT)


def accepted_needed(errors: int, target_error: float = 0.05, confidence: float = 0.95) -> int:
    """Fewest cases of which ``errors`` may be wrong while the target is still certified.

    At 5 % and 95 %: 59, 93 and 124 for none, one and two.
    """
    fails, passes = errors, max(2 * errors, 1)
    while not _passes(errors, passes, target_error, confidence):
        fails, passes = passes, 2 * passes
    while passes - fails > 1:
        middle = (fails + passes) // 2
        if _passes(errors, middle, target_error, confidence):
            passes = middle
        else:
            fails = middle
    return passes
