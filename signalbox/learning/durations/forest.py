"""A forest that predicts whole distributions: which past prefixes are like this one, and how much.

Quantile regression forest (Meinshausen 2006, JMLR 7:983): the trees are grown as usual, and the
weights with which their leaves average past durations give every quantile and every probability at
once, so that quantiles never cross. Grown on log durations, because a few cases of months would
decide every cut otherwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from signalbox.learning.durations.model import Arrays, Progress, silent
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.durations.trees import Trees

TREES = 100
SMALLEST_LEAF = 15
FEATURES = 0.33
HOUR_D = 1 / 24
_BATCH = 256
# Weights are sums of a hundred fractions: a quantile on an edge must not depend on rounding.
_EDGE = 1e-9


def growing(n: int, seed: int) -> dict[str, Any]:
    """How a forest is grown on ``n`` rows."""
    return {
        "n_estimators": TREES,
        "min_samples_leaf": min(SMALLEST_LEAF, max(1, n // 10)),
        "max_features": FEATURES,
        "random_state": seed,
        "n_jobs": -1,
    }


class QuantileForest:
    """The distribution of a duration in days, given the row of a prefix."""

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed

    def fit(self, prefixes: Prefixes, y: np.ndarray, progress: Progress = silent) -> QuantileForest:
        """Grow on the prefixes whose duration ``y`` (n,) in days is not nan."""
        from sklearn.ensemble import RandomForestRegressor

        progress("growing trees", 0.0)
        known = np.flatnonzero(~np.isnan(y))
        order = known[np.argsort(y[known], kind="stable")]
        X, y = prefixes.X[order], y[order]
        forest = RandomForestRegressor(**growing(len(y), self._seed))
        forest.fit(X, np.log1p(np.maximum(y, 0.0) / HOUR_D))
        trees = Trees.of(forest)
        first = trees.first.astype(np.int64)
        self._keep(trees, y, (forest.apply(X) + first).astype(np.int32), X.shape[1])
        return self

    def _keep(self, trees: Trees, y: np.ndarray, leaves: np.ndarray, features: int) -> None:
        self._trees, self._y, self._leaves, self._features = trees, y, leaves, features
        flat = leaves.ravel()
        share = 1.0 / np.bincount(flat, minlength=trees.nodes)[flat]
        rows = np.repeat(np.arange(len(y)), leaves.shape[1])
        self._members = sparse.csr_matrix((share, (flat, rows)), shape=(trees.nodes, len(y)))

    def quantiles(
        self, prefixes: Prefixes, rows: np.ndarray, levels: Sequence[float] | np.ndarray
    ) -> np.ndarray:
        """(m, k) quantiles in days at ``levels``, (k,) or for each row its own (m, k)."""
        given = np.atleast_2d(np.asarray(levels, dtype=float)) - _EDGE
        wanted = np.broadcast_to(given, (len(rows), given.shape[1]))
        found = np.empty(wanted.shape)
        for i, (past, below) in enumerate(self._below(prefixes.X[rows])):
            at = np.minimum(np.searchsorted(below, wanted[i]), len(past) - 1)
            found[i] = self._y[past[at]]
        return found

    def exceeding(self, prefixes: Prefixes, rows: np.ndarray, limits: np.ndarray) -> np.ndarray:
        """(m,) probability that the duration is more than ``limits`` (m,) in days."""
        upto = np.searchsorted(self._y, limits, side="right")
        found = np.empty(len(rows))
        for i, (past, below) in enumerate(self._below(prefixes.X[rows])):
            at = np.searchsorted(past, upto[i])
            found[i] = 1.0 - (below[at - 1] if at else 0.0)
        return np.clip(found, 0.0, 1.0)

    def _below(self, X: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each row: the past prefixes that are like it, by duration, and cumulated weights."""
        for start in range(0, len(X), _BATCH):
            leaves = self._trees.leaves(X[start : start + _BATCH])
            weights = self._trees.shares(leaves) @ self._members
            # A few thousand of all past prefixes have any weight: the others are not looked at.
            weights.sort_indices()
            for begin, end in itertools.pairwise(weights.indptr):
                yield weights.indices[begin:end], np.cumsum(weights.data[begin:end])

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """(number of features, trees with the leaf of each past prefix)."""
        arrays = {**self._trees.to_arrays(), "y": self._y, "leaves": self._leaves}
        return {"features": self._features}, arrays

    @classmethod
    def from_parts(
        cls, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> QuantileForest:
        """Undo ``to_parts``. KeyError, TypeError or ValueError where the parts do not fit."""
        features = int(told["features"])
        trees, y, leaves = Trees.from_arrays(arrays, features), arrays["y"], arrays["leaves"]
        if y.dtype.kind != "f" or not len(y) or leaves.shape != (len(y), len(trees.first)):
            raise ValueError("past durations and trees do not fit together")
        if leaves.dtype.kind != "i" or leaves.min() < 0 or leaves.max() >= trees.nodes:
            raise ValueError("a past duration lies in a leaf that is none")
        if not np.isfinite(y).all() or (np.diff(y) < 0).any():
            raise ValueError("past durations are not in order")
        forest = cls()
        forest._keep(trees, y, leaves, features)
        return forest
