"""When cases arrive: the rate of each hour of a week, and how regular they come."""

from __future__ import annotations

import numpy as np

from signalbox.simulation.details import standardised
from signalbox.simulation.fitting.weekly import WEEK, busy_hours, profile

_WEIGHT = 40.0
_LEAST = 0.05
_OWN_GAPS = 50
_KNOTS = 101


def arrival_rates(arrivals: np.ndarray) -> np.ndarray:
    """Mean arrivals in each hour of a week, [168], from arrival times in hours, ascending.

    Hours in which hardly anything ever arrived are closed, so that nothing does in the twin.
    """
    counts = np.bincount(arrivals.astype(np.int64) % WEEK, minlength=WEEK).astype(float)
    share = profile(counts, counts, _WEIGHT)
    share = np.where(busy_hours(share, _LEAST), share, 0.0)
    span = max(arrivals[-1] - arrivals[0], 1.0) * len(arrivals) / max(len(arrivals) - 1, 1)
    return np.asarray(share / share.sum() * len(arrivals) * WEEK / span)


def arrival_gaps(arrivals: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Quantiles of the time between arrivals in expected arrivals, mean one, [101].

    Empty, which is a Poisson process, with fewer than 50 arrivals. Measured on that clock, gaps
    show whether cases come one by one, in batches or like clockwork, whatever the hour.
    """
    if len(arrivals) < _OWN_GAPS:
        return np.zeros(0)
    level = np.concatenate([[0.0], np.cumsum(rates)])
    weeks, within = np.divmod(arrivals, WEEK)
    passed = weeks * level[-1] + np.interp(within, np.arange(WEEK + 1), level)
    return standardised(np.diff(passed), _KNOTS)
