"""Grown trees as plain arrays: asked and kept without the library that grew them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from signalbox.learning.durations.model import Arrays

LEAF = -1
_BATCH = 1024
_FIELDS = ("first", "left", "right", "feature", "threshold")


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees in one row; a child always stands after its parent.

    ``first`` (trees,) is where each tree begins. For each node: the places of its children
    (``LEAF`` where it has none), and the feature and threshold that say which way to go.
    """

    first: np.ndarray
    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray

    @classmethod
    def of(cls, forest: Any) -> Trees:
        """The trees of a fitted scikit-learn forest."""
        grown = [one.tree_ for one in forest.estimators_]
        first = np.cumsum([0, *(tree.node_count for tree in grown)])[:-1]

        def all_of(name: str) -> np.ndarray:
            return np.concatenate([getattr(tree, name) for tree in grown])

        offset = np.repeat(first, [tree.node_count for tree in grown])
        left, right = all_of("children_left"), all_of("children_right")
        inner = left >= 0
        return cls(
            first.astype(np.int32),
            np.where(inner, left + offset, LEAF).astype(np.int32),
            np.where(inner, right + offset, LEAF).astype(np.int32),
            np.where(inner, all_of("feature"), 0).astype(np.int32),
            np.where(inner, all_of("threshold"), 0.0),
        )

    @property
    def nodes(self) -> int:
        """How many nodes all trees have together."""
        return len(self.left)

    def leaves(self, X: np.ndarray) -> np.ndarray:
        """(n, trees) the leaf of each row of ``X`` (n, features) in each tree."""
        found = np.tile(self.first, (len(X), 1))
        # Single precision, as the trees were grown: a value on a threshold goes the same way.
        X = np.asarray(X, dtype=np.float32)
        for begin in range(0, len(X), _BATCH):
            part = found[begin : begin + _BATCH].ravel()
            going = np.flatnonzero(self.left[part] != LEAF)
            while len(going):
                at = part[going]
                value = X[begin + going // len(self.first), self.feature[at]]
                part[going] = np.where(value <= self.threshold[at], self.left[at], self.right[at])
                going = going[self.left[part[going]] != LEAF]
            found[begin : begin + _BATCH] = part.reshape(-1, len(self.first))
        return found

    def shares(self, leaves: np.ndarray) -> sparse.csr_matrix:
        """(n, nodes) one equal share of each row in each of its ``leaves`` (n, trees)."""
        n, trees = leaves.shape
        share = np.full(leaves.size, 1.0 / trees)
        return sparse.csr_matrix(
            (share, leaves.ravel(), np.arange(0, leaves.size + 1, trees)), shape=(n, self.nodes)
        )

    def to_arrays(self) -> Arrays:
        """The fields by name."""
        return {f"trees.{name}": getattr(self, name) for name in _FIELDS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], features: int) -> Trees:
        """Undo ``to_arrays``; ValueError where a walk from the roots could go astray."""
        trees = cls(*(arrays[f"trees.{name}"] for name in _FIELDS))
        kinds = [getattr(trees, name).dtype.kind for name in _FIELDS]
        sizes = {getattr(trees, name).shape for name in _FIELDS[1:]}
        if kinds != list("iiiif") or sizes != {(trees.nodes,)} or trees.first.ndim != 1:
            raise ValueError("the arrays of the trees do not fit together")
        inner = trees.left != LEAF
        for child in (trees.left, trees.right):
            # Always onwards: a walk comes to an end.
            fits = (child > np.arange(trees.nodes)) & (child < trees.nodes)
            if not np.where(inner, fits, child == LEAF).all():
                raise ValueError("a tree has a child that is none")
        roots = (trees.first >= 0) & (trees.first < trees.nodes)
        if not len(trees.first) or not roots.all() or not np.isfinite(trees.threshold).all():
            raise ValueError("a tree has no root, or a threshold that is no number")
        if not ((trees.feature >= 0) & (trees.feature < features)).all():
            raise ValueError("a tree asks for a feature that no row has")
        return trees
