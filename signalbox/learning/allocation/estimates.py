"""Mean service times learned from few tasks: each pair leans on its activity and its resource."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

_SHAPES = np.geomspace(0.6, 60.0, 40)
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class LearnedMeans:
    """What a log says of the mean service times: an inverse gamma distribution for each pair.

    ``counts`` tasks of a pair took ``hours`` together; before any was seen, its mean was held to
    lie around ``exp(centre)`` with the given ``shape``. All but the last are [J, R].
    """

    counts: np.ndarray
    hours: np.ndarray
    permitted: np.ndarray
    centre: np.ndarray
    shape: float

    @property
    def means(self) -> np.ndarray:
        """One estimate a pair in hours, infinite where not permitted.

        It is the geometric mean: what a policy compares are logarithms.
        """
        found = np.exp(_posterior(self.counts, self.hours, self.centre, self.shape))
        return np.where(self.permitted, found, np.inf)

    def drawn(self, seed: int) -> np.ndarray:
        """Mean service times that may be the true ones, in hours.

        Estimates are nearer to each other than what they estimate. A policy tuned on them alone
        would know nobody who is really slow.
        """
        random = np.random.default_rng(seed)
        scale = np.exp(self.centre + digamma(self.shape)) + self.hours
        found = scale / np.maximum(random.gamma(self.shape + self.counts), 1e-12)
        return np.where(self.permitted, found, np.inf)


def learn_means(counts: np.ndarray, hours: np.ndarray, permitted: np.ndarray) -> LearnedMeans:
    """The distribution of the mean service times, from the tasks of a log.

    Service times of a pair are taken as exponential and their means as drawn from an inverse gamma
    distribution around activity x resource (Robbins 1956; Efron, Morris 1973). Its shape, which is
    how much a pair leans on that centre, is the one of greatest marginal likelihood.

    Args:
        counts: tasks seen for each pair, [J, R].
        hours: their total service time, [J, R].
        permitted: pairs that may occur, bool [J, R].
    """
    counts, hours = np.where(permitted, counts, 0), np.where(permitted, hours, 0.0)
    total = max(counts.sum(), 1)
    overall = float(np.log(max(hours.sum(), 1e-9) / total))
    centre = np.full(counts.shape, overall)
    shape = 2.0
    for _ in range(_ROUNDS):
        found = _posterior(counts, hours, centre, shape)
        # A pair seen often says more about its row and column than one that only echoes them.
        weight = np.where(permitted, counts / (counts + shape), 0.0)
        row = _shrunk(found - overall, weight, 1)
        column = _shrunk(found - overall - row[:, None], weight, 0)
        centre = overall + row[:, None] + column[None, :]
        shape = float(max(_SHAPES, key=lambda s: _likelihood(counts, hours, centre, float(s))))
    return LearnedMeans(counts, hours, permitted, centre, shape)


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
