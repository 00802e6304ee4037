"""One duration, learned and judged: the median, its error, and the coverage of its intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.durations.adapting import walk
from signalbox.learning.durations.baseline import mean_by_prefix
from signalbox.learning.durations.choosing import Chosen, choose_duration
from signalbox.learning.durations.intervals import Spread
from signalbox.learning.durations.kinds import duration_class
from signalbox.learning.durations.method import Method
from signalbox.learning.durations.model import DurationModel, Progress, part, silent
from signalbox.learning.durations.samples import Fold, bootstrap


@dataclass(frozen=True)
class Judged:
    """Predictions for the held-out prefixes whose duration exists.

    All in days; ``fixed`` tells which were covered without learning from outcomes on the way.
    """

    truth: np.ndarray
    median: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    fixed: np.ndarray
    baseline: np.ndarray
    case: np.ndarray
    model: DurationModel
    chosen: Chosen

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
            "model": self.chosen.kind,
            "model_compared": self.chosen.compared,
        }


def judge(
    target: str,
    fold: Fold,
    inner: Sequence[Fold],
    method: Method,
    progress: Progress = silent,
) -> Judged | None:
    """Learn ``target`` (a name of ``Targets``) on ``fold.fit`` and predict ``fold.held``.

    ``inner`` are forward folds of the training cases: the kind of model is chosen on them, among
    those asked for, and their held-out scores are the calibration. None where a part has no
    such duration at all.
    """
    y_fit, y_held = getattr(fold.fit.targets, target), getattr(fold.held.targets, target)
    held = np.flatnonzero(~np.isnan(y_held))
    if not len(held):
        return None
    chosen = choose_duration(target, inner, method, part(progress, 0.0, 0.6))
    if chosen is None:
        return None
    model = duration_class(chosen.kind)(seed=method.seed)
    model = model.fit(fold.fit.prefixes, y_fit, part(progress, 0.6, 1.0))
    prefixes = fold.held.prefixes
    spread = Spread.of(model, prefixes, held)
    scores, calibration = spread.scores(y_held[held]), chosen.calibration
    moments = prefixes.moment[held]
    tails = walk(
        calibration, method.coverage, scores, moments, moments + _until(fold, target, held)
    )
    lower, upper = spread.ends(tails)
    known = ~np.isnan(y_fit)
    return Judged(
        truth=y_held[held],
        median=spread.median,
        lower=lower,
        upper=upper,
        fixed=scores >= calibration.tail(method.coverage),
        baseline=mean_by_prefix(
            fold.fit.prefixes.length[known], y_fit[known], prefixes.length[held]
        ),
        case=prefixes.case[held],
        model=model,
        chosen=chosen,
    )


def _until(fold: Fold, target: str, held: np.ndarray) -> np.ndarray:
    """Days until an outcome is known: with the end of the case, or with the next event."""
    targets = fold.held.targets
    until: np.ndarray = targets.remaining if target == "remaining" else targets.gap
    return np.asarray(until[held])
