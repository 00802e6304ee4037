"""Multinomial logistic regression learned a row at a time, with replay of earlier rows."""

from __future__ import annotations

import numpy as np

from signalbox.learning.online.arrays import Floats, grown, softmax
from signalbox.learning.online.vectors import Features


class OnlineLinear:
    """AdaGrad (Duchi et al. 2011) with one rate a feature; each new row replays a few old ones.

    A label is learned from its first row on. The dense block (an embedding) is optional.
    """

    def __init__(self, buckets: int, *, rate: float = 0.6, replay: int = 4, seed: int = 0) -> None:
        self.rate = rate
        self.replay = replay
        self.weights: Floats = np.zeros((buckets, 8), np.float32)
        self.dense: Floats | None = None
        self._squares: Floats = np.full(buckets, 1e-3, np.float32)
        self._dense_square = 1e-3
        self._seen: list[tuple[Features, int]] = []
        self._random = np.random.default_rng(seed)

    def look(self, features: Features, n_labels: int) -> Floats:
        """Probabilities over the labels so far, shape (labels,)."""
        self._room(n_labels, features)
        return softmax(self._scores(features, n_labels))

    def add(self, features: Features, label: int, n_labels: int) -> None:
        """One step on this row and on ``replay`` rows drawn from those before it."""
        self._room(n_labels, features)
        self._step(features, label, n_labels)
        if self._seen:
            for at in self._random.integers(0, len(self._seen), self.replay):
                self._step(*self._seen[int(at)], n_labels)
        self._seen.append((features, label))

    def _scores(self, features: Features, n_labels: int) -> Floats:
        scores = features.weights @ self.weights[features.columns, :n_labels]
        if features.dense is not None and self.dense is not None:
            scores = scores + features.dense @ self.dense[:, :n_labels]
        return np.asarray(scores, np.float32)

    def _step(self, features: Features, label: int, n_labels: int) -> None:
        slope = softmax(self._scores(features, n_labels))
        slope[label] -= 1
        size = float(slope @ slope)
        at, weight = features.columns, features.weights
        self._squares[at] += size * weight * weight
        pace = self.rate * weight / np.sqrt(self._squares[at])
        self.weights[at, :n_labels] -= pace[:, None] * slope
        if features.dense is not None and self.dense is not None:
            self._dense_square += size / len(features.dense)
            pace_dense = self.rate / np.sqrt(self._dense_square)
            self.dense[:, :n_labels] -= pace_dense * np.outer(features.dense, slope)

    def _room(self, n_labels: int, features: Features) -> None:
        self.weights = grown(self.weights, n_labels, axis=1)
        if features.dense is not None:
            if self.dense is None:
                self.dense = np.zeros((len(features.dense), n_labels), np.float32)
            self.dense = grown(self.dense, n_labels, axis=1)
