"""The next activity: a forest over the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from signalbox.learning.durations.forest import growing
from signalbox.learning.durations.model import Arrays, Progress, silent
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.durations.trees import LEAF, Trees

_BATCH = 4096


class NextForest:
    """Probabilities of the activities that may follow a prefix."""

    names: list[str]

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed

    def fit(
        self, prefixes: Prefixes, following: np.ndarray, progress: Progress = silent
    ) -> NextForest:
        """Grow on the prefixes whose ``following`` (n,) names what came next, not ``""``."""
        from sklearn.ensemble import RandomForestClassifier

        progress("growing trees", 0.0)
        known = following != ""
        X = prefixes.X[known]
        forest = RandomForestClassifier(**growing(len(X), self._seed))
        forest.fit(X, following[known].astype(str))
        trees = Trees.of(forest)
        counts = np.concatenate([one.tree_.value[:, 0, :] for one in forest.estimators_])
        at_leaves = np.where((trees.left == LEAF)[:, None], counts, 0.0)
        total = np.maximum(at_leaves.sum(axis=1, keepdims=True), 1e-300)
        self._keep(trees, sparse.csr_matrix(at_leaves / total), X.shape[1])
        self.names = forest.classes_.tolist()
        return self

    def _keep(self, trees: Trees, said: sparse.csr_matrix, features: int) -> None:
        self._trees, self._said, self._features = trees, said, features

    def probabilities(self, prefixes: Prefixes, rows: np.ndarray) -> np.ndarray:
        """(m, names) in the order of ``names``."""
        found = np.empty((len(rows), len(self.names)))
        for start in range(0, len(rows), _BATCH):
            leaves = self._trees.leaves(prefixes.X[rows[start : start + _BATCH]])
            shares = self._trees.shares(leaves) @ self._said
            found[start : start + _BATCH] = shares.toarray()
        return found

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """(names and number of features, trees with what their leaves say)."""
        said = {f"said.{name}": getattr(self._said, name) for name in ("data", "indices", "indptr")}
        return {"names": self.names, "features": self._features}, {
            **self._trees.to_arrays(),
            **said,
        }

    @classmethod
    def from_parts(cls, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> NextForest:
        """Undo ``to_parts``. KeyError, TypeError or ValueError where the parts do not fit."""
        forest = cls()
        forest.names = [str(name) for name in told["names"]]
        trees = Trees.from_arrays(arrays, int(told["features"]))
        parts = tuple(arrays[f"said.{name}"] for name in ("data", "indices", "indptr"))
        said = sparse.csr_matrix(parts, shape=(trees.nodes, len(forest.names)))
        said.check_format(full_check=True)
        sums = np.asarray(said.sum(axis=1)).ravel()
        leaf = trees.left == LEAF
        if (said.data < 0).any() or not np.allclose(sums[leaf], 1.0):
            raise ValueError("the probabilities of a leaf do not add up to one")
        forest._keep(trees, said, int(told["features"]))
        return forest
