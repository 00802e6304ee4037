"""Intervals for the figures in reports: bootstrap where no closed form fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Interval = tuple[float, float]


def bootstrap(
    statistic: Callable[[np.ndarray], float],
    n: int,
    *,
    draws: int = 500,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap (Efron 1979): ``statistic`` gets row numbers drawn with replacement.

    Draws in which the statistic is not defined (nan) are left out.
    """
    if n == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    found = np.asarray([statistic(rng.integers(0, n, n)) for _ in range(draws)])
    found = found[~np.isnan(found)]
    if not len(found):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)


def paired_difference(ours: np.ndarray, theirs: np.ndarray) -> Interval:
    """Interval of mean(ours) − mean(theirs) over the same rows, which are drawn together."""
    lead = ours.astype(float) - theirs
    return bootstrap(lambda rows: float(lead[rows].mean()), len(lead))


def over_runs(values: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation, least and greatest over repeated runs."""
    found = np.asarray(values, dtype=np.float64)
    return {
        "mean": float(found.mean()),
        "sd": float(found.std(ddof=1)) if len(found) > 1 else 0.0,
        "min": float(found.min()),
        "max": float(found.max()),
    }
