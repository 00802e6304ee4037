"""How something spreads over the 168 hours of a week, told from few events."""

from __future__ import annotations

import numpy as np

WEEK = 168
_DAY_WEIGHT = 14.0
_HOUR_WEIGHT = 24.0


def profile(counts: np.ndarray, pool: np.ndarray, weight: float) -> np.ndarray:
    """The share of each hour of a week, [168], with a sum of one.

    Few events leave most hours of a week empty by chance. The shares lean on the product of the
    hours of the day and the days of the week, and these on those of ``pool``; ``weight`` is the
    number of events that count as much as that product.

    Args:
        counts: events in each hour of a week, [168].
        pool: those of everybody together, [168].
        weight: how much is leaned on.
    """
    mass = pool.sum()
    pooled = (pool / mass if mass > 0 else np.full(WEEK, 1 / WEEK)).reshape(7, 24)
    own = counts.reshape(7, 24)
    total = counts.sum()
    days = (own.sum(1) + _DAY_WEIGHT * pooled.sum(1)) / (total + _DAY_WEIGHT)
    hours = (own.sum(0) + _HOUR_WEIGHT * pooled.sum(0)) / (total + _HOUR_WEIGHT)
    leaned = np.outer(days, hours).ravel()
    return np.asarray((counts + weight * leaned) / (total + weight))


def busy_hours(share: np.ndarray, least: float) -> np.ndarray:
    """The hours with ``least`` times the share that is usual where the events are, bool [168]."""
    return np.asarray(share >= least * (share**2).sum())
