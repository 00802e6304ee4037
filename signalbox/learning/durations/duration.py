"""One duration, learned and judged: the median, its error, and the coverage of its intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.durations.adapting import walk
from signalbox.learning.durations.baseline import mean_by_prefix
from signalbox.learning.durations.forest import QuantileForest
from signalbox.learning.durations.intervals import Calibration, Spread
from signalbox.learning.durations.samples import Fold, bootstrap


@dataclass(frozen=True)
class Judged:
    """Predictions for the held-out prefixes whose duration exists (``rows`` of the sample).

    All in days; ``fixed`` tells which were covered without learning from outcomes on the way.
    """

    rows: np.ndarray
    truth: np.ndarray
    median: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    fixed: np.ndarray
    baseline: np.ndarray
    case: np.ndarray
    forest: QuantileForest

    def figures(self) -> dict[str, object]:
        """Error, baseline and coverage, with 95 % intervals by bootstrap over cases."""
        error = np.abs(self.median - self.truth)
        covered = (self.lower <= self.truth) & (self.truth <= self.upper)
        return {
            "mae_days": float(error.mean()),
            "mae_days_interval": list(bootstrap(error, self.case)),
            "baseline": float(np.abs(self.baseline - self.truth).mean()),
            "interval_coverage": float(covered.mean()),
            "interval_coverage_interval": list(bootstrap(covered.astype(float), self.case)),
            "interval_coverage_fixed": float(self.fixed.mean()),
            "interval_width_days": float((self.upper - self.lower).mean()),
            "prefixes": len(self.truth),
        }


def judge(
    target: str, fold: Fold, inner: Sequence[Fold], *, coverage: float, seed: int = 0
) -> Judged | None:
    """Learn ``target`` (a name of ``Targets``) on ``fold.fit`` and predict ``fold.held``.

    ``inner`` are forward folds of the training cases: their held-out scores are the calibration.
    None where a part has no such duration at all.
    """
    scores = []
    for one in (*inner, fold):
        y_fit, y_held = getattr(one.fit.targets, target), getattr(one.held.targets, target)
        if np.isnan(y_fit).all() or np.isnan(y_held).all():
            return None
        known, held = ~np.isnan(y_fit), np.flatnonzero(~np.isnan(y_held))
        forest = QuantileForest(seed=seed).fit(one.fit.prefixes.X[known], y_fit[known])
        spread = Spread.of(forest, one.held.prefixes.X[held])
        scores.append(spread.scores(y_held[held]))
    calibration = Calibration(np.concatenate(scores[:-1]))
    prefixes = fold.held.prefixes
    moments = prefixes.moment[held]
    tails = walk(calibration, coverage, scores[-1], moments, moments + _until(fold, target, held))
    lower, upper = spread.ends(tails)
    return Judged(
        rows=held,
        truth=y_held[held],
        median=spread.median,
        lower=lower,
        upper=upper,
        fixed=scores[-1] >= calibration.tail(coverage),
        baseline=mean_by_prefix(
            fold.fit.prefixes.length[known], y_fit[known], prefixes.length[held]
        ),
        case=prefixes.case[held],
        forest=forest,
    )


def _until(fold: Fold, target: str, held: np.ndarray) -> np.ndarray:
    """Days until an outcome is known: with the end of the case, or with the next event."""
    targets = fold.held.targets
    until: np.ndarray = targets.remaining if target == "remaining" else targets.gap
    return np.asarray(until[held])
