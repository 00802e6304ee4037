"""A forest that predicts whole distributions: which past prefixes are like this one, and how much.

Quantile regression forest (Meinshausen 2006, JMLR 7:983): the trees are grown as usual, and the
weights with which their leaves average past durations give every quantile and every probability at
once, so that quantiles never cross. Grown on log durations, because a few cases of months would
decide every cut otherwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

TREES = 100
SMALLEST_LEAF = 15
FEATURES = 0.33
HOUR_D = 1 / 24
_BATCH = 256
# Weights are sums of a hundred fractions: a quantile on an edge must not depend on rounding.
_EDGE = 1e-9


class QuantileForest:
    """The distribution of a duration in days, given the features of a prefix."""

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> QuantileForest:
        """Grow on ``X`` (n, features) and durations ``y`` (n,) in days, none of them nan."""
        from sklearn.ensemble import RandomForestRegressor

        order = np.argsort(y, kind="stable")
        X, self._y = X[order], y[order]
        self._forest: Any = RandomForestRegressor(
            TREES,
            min_samples_leaf=min(SMALLEST_LEAF, max(1, len(y) // 10)),
            max_features=FEATURES,
            random_state=self._seed,
            n_jobs=-1,
        ).fit(X, np.log1p(np.maximum(self._y, 0.0) / HOUR_D))
        nodes = [tree.tree_.node_count for tree in self._forest.estimators_]
        self._first = np.concatenate([[0], np.cumsum(nodes)[:-1]])
        self._nodes = int(np.sum(nodes))
        leaves = (self._forest.apply(X) + self._first).ravel()
        share = 1.0 / np.bincount(leaves, minlength=self._nodes)[leaves]
        rows = np.repeat(np.arange(len(y)), TREES)
        self._members = sparse.csr_matrix((share, (leaves, rows)), shape=(self._nodes, len(y)))
        return self

    def quantiles(self, X: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
        """(n, levels) quantiles in days."""
        wanted = np.asarray(levels, dtype=float) - _EDGE
        found = np.empty((len(X), len(wanted)))
        for i, (past, below) in enumerate(self._below(X)):
            at = np.minimum(np.searchsorted(below, wanted), len(past) - 1)
            found[i] = self._y[past[at]]
        return found

    def exceeding(self, X: np.ndarray, limits: np.ndarray) -> np.ndarray:
        """(n,) probability that the duration is more than ``limits`` (n,) in days."""
        upto = np.searchsorted(self._y, limits, side="right")
        found = np.empty(len(X))
        for i, (past, below) in enumerate(self._below(X)):
            at = np.searchsorted(past, upto[i])
            found[i] = 1.0 - (below[at - 1] if at else 0.0)
        return np.clip(found, 0.0, 1.0)

    def _below(self, X: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each row: the past prefixes that are like it, by duration, and cumulated weights."""
        leaves = self._forest.apply(X) + self._first if len(X) else np.empty((0, TREES), int)
        for start in range(0, len(X), _BATCH):
            part = leaves[start : start + _BATCH]
            picks = sparse.csr_matrix(
                (np.full(part.size, 1.0 / TREES), part.ravel(), np.arange(0, part.size + 1, TREES)),
                shape=(len(part), self._nodes),
            )
            weights = picks @ self._members
            # A few thousand of all past prefixes have any weight: the others are not looked at.
            weights.sort_indices()
            for begin, end in itertools.pairwise(weights.indptr):
                yield weights.indices[begin:end], np.cumsum(weights.data[begin:end])
