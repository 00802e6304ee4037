"""Mean service times learned from few tasks: each pair leans on its activity and its resource."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

_SHAPES = np.geomspace(0.6, 60.0, 40)
_ROUNDS = 12


def estimated_means(counts: np.ndarray, hours: np.ndarray, permitted: np.ndarray) -> np.ndarray:
    """Estimates of the mean service times, [J, R] in hours, infinite where not permitted.

    Service times of a pair are taken as exponential and their means as drawn from an inverse gamma
    distribution around activity x resource (Robbins 1956; Efron, Morris 1973). Its shape, which is
    how much a pair leans on that centre, is the one of greatest marginal likelihood. The estimate
    is the posterior geometric mean, because what a policy compares are logarithms.

    Args:
        counts: tasks seen for each pair, [J, R].
        hours: their total service time, [J, R].
        permitted: pairs that may occur, bool [J, R].
    """
    counts, hours = np.where(permitted, counts, 0), np.where(permitted, hours, 0.0)
    total = max(counts.sum(), 1)
    overall = max(hours.sum(), 1e-9) / total
    centre = np.full(counts.shape, np.log(overall))
    shape = 2.0
    for _ in range(_ROUNDS):
        found = _posterior(counts, hours, centre, shape)
        # A pair seen often says more about its row and column than one that only echoes them.
        weight = np.where(permitted, counts / (counts + shape), 0.0)
        row = _shrunk(found - np.log(overall), weight, 1)
        column = _shrunk(found - np.log(overall) - row[:, None], weight, 0)
        centre = np.log(overall) + row[:, None] + column[None, :]
        shape = max(_SHAPES, key=lambda s: _likelihood(counts, hours, centre, float(s)))
    found = _posterior(counts, hours, centre, float(shape))
    return np.where(permitted, np.exp(found), np.inf)


def _posterior(
    counts: np.ndarray, hours: np.ndarray, centre: np.ndarray, shape: float
) -> np.ndarray:
    scale = np.exp(centre + digamma(shape))
    return np.asarray(np.log(scale + hours) - digamma(shape + counts))


def _shrunk(values: np.ndarray, weight: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray((values * weight).sum(axis) / (weight.sum(axis) + 0.5))


def _likelihood(counts: np.ndarray, hours: np.ndarray, centre: np.ndarray, shape: float) -> float:
    log_scale = centre + digamma(shape)
    seen = counts > 0
    value = shape * log_scale - gammaln(shape) + gammaln(shape + counts)
    value -= (shape + counts) * np.log(np.exp(log_scale) + hours)
    return float(value[seen].sum())
