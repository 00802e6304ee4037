"""The most similar earlier texts and what became of them."""

from __future__ import annotations

import numpy as np

from signalbox.learning.online.arrays import Floats, Ints, grown

WIDTH = 3


class Neighbours:
    """Cosine neighbours among the last ``capacity`` unit vectors, kept in a ring."""

    def __init__(self, capacity: int = 8192, nearest: int = 20) -> None:
        self.capacity = capacity
        self.nearest = nearest
        self.vectors: Floats | None = None
        self.labels: Ints = np.zeros(capacity, np.int64)
        self.rows = 0

    def look(self, vector: Floats | None, n_labels: int) -> Floats:
        """Features (labels, 3): best similarity, share of the vote, best similarity of any."""
        out = np.full((n_labels, WIDTH), np.nan, np.float32)
        size = min(self.rows, self.capacity)
        if vector is None or self.vectors is None or size == 0:
            return out
        similar = self.vectors[:size] @ vector
        k = min(self.nearest, size)
        at = np.argpartition(-similar, k - 1)[:k]
        near, labels = similar[at], self.labels[at]
        votes = np.exp(10 * (near - near.max()))
        best = np.full(n_labels, -1.0, np.float32)
        np.maximum.at(best, labels, near)
        out[:, 0] = best
        out[:, 1] = np.bincount(labels, votes, n_labels) / votes.sum()
        out[:, 2] = near.max()
        return out

    def add(self, vector: Floats | None, label: int) -> None:
        """Remember one row, forgetting the oldest when full."""
        if vector is None:
            return
        if self.vectors is None:
            self.vectors = np.zeros((256, len(vector)), np.float32)
        at = self.rows % self.capacity
        self.vectors = grown(self.vectors, at + 1)
        self.vectors[at] = vector
        self.labels[at] = label
        self.rows += 1
