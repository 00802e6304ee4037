"""Kernel ridge classification over embeddings and words, and how near the learned rows are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from signalbox.learning.features import Encoded
from signalbox.learning.sparse import SparseRows

NEIGHBOURS = 5
# Ridge scores lie near the probabilities; below this they are noise around nought.
FLOOR = 0.03
_BLOCK = 2_000


@dataclass(frozen=True)
class KernelMember:
    """Kernel ridge regression on one-hot labels; its scores are the logarithms of the answers.

    The kernel is exp(-gamma (1 - cosine)) between embeddings plus ``share`` times the inner
    product of the sparse rows: two texts are alike when they mean the same or say the same.
    ``landmarks`` (m, d) with ``coef`` (m, labels) hold the first part; the second is linear, so
    it is kept as ``words`` (columns, labels). Exact where every row is a landmark; with more rows
    the subset-of-regressors approximation (Rasmussen and Williams 2006, ch. 8). Squared loss,
    because labels given by people are wrong now and then and it does not chase the single row.
    """

    landmarks: np.ndarray
    coef: np.ndarray
    words: np.ndarray
    gamma: float
    name: str = "kernel"

    def scores(self, encoded: Encoded) -> tuple[np.ndarray, np.ndarray]:
        """((n, labels) scores, (n,) mean cosine to the nearest landmarks)."""
        assert encoded.dense is not None
        cosine = encoded.dense @ self.landmarks.T
        keep = min(NEIGHBOURS, cosine.shape[1])
        nearest = np.partition(cosine, cosine.shape[1] - keep, axis=1)[:, -keep:]
        found = np.exp(self.gamma * (cosine - 1)) @ self.coef + encoded.sparse.dot(self.words)
        logs = np.log(np.maximum(found, 0) + FLOOR)
        return np.asarray(logs, dtype=np.float32), nearest.mean(axis=1)


def fit_kernel(
    encoded: Encoded,
    y: np.ndarray,
    k: int,
    *,
    gamma: float = 3.0,
    share: float = 0.5,
    ridge: float = 0.3,
    max_exact: int = 16_000,
    max_landmarks: int = 8_000,
    seed: int = 0,
) -> KernelMember:
    """Fit on rows of unit length in both views.

    Holds (rows, rows) float32 up to ``max_exact`` rows, 1 GB there; beyond, (landmarks,
    landmarks) twice.
    """
    from scipy.linalg import cho_factor, cho_solve

    assert encoded.dense is not None
    n = len(encoded)
    targets = np.zeros((n, k), dtype=np.float32)
    targets[np.arange(n), y] = 1
    if n <= max_exact:
        landmarks = encoded
        system = _between(encoded, landmarks, gamma, share)
        system.flat[:: n + 1] += ridge
        right = targets
    else:
        chosen = np.sort(np.random.default_rng(seed).permutation(n)[:max_landmarks])
        landmarks = encoded.take(chosen)
        m = len(chosen)
        system = ridge * _between(landmarks, landmarks, gamma, share)
        right = np.zeros((m, k), dtype=np.float32)
        for rows in _blocks(n):
            cross = _between(encoded.take(rows), landmarks, gamma, share)
            system += cross.T @ cross
            right += cross.T @ targets[rows]
        system.flat[:: m + 1] += 1e-6 * n * m**0.5
    factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    coef = cho_solve(factor, right, check_finite=False).astype(np.float32)
    assert landmarks.dense is not None
    return KernelMember(
        np.ascontiguousarray(landmarks.dense), coef, _folded(landmarks.sparse, coef, share), gamma
    )


def _between(rows: Encoded, landmarks: Encoded, gamma: float, share: float) -> np.ndarray:
    """(rows, landmarks) kernel."""
    assert rows.dense is not None and landmarks.dense is not None
    found = rows.dense @ landmarks.dense.T
    found -= 1
    found *= gamma
    np.exp(found, out=found)
    theirs = landmarks.sparse.to_scipy().T.tocsc()
    ours = rows.sparse.to_scipy()
    for at in _blocks(len(rows)):
        found[at] += share * (ours[at] @ theirs).toarray()
    return np.asarray(found)


def _folded(sparse: SparseRows, coef: np.ndarray, share: float) -> np.ndarray:
    """The linear part of the kernel as weights, (columns, labels)."""
    return np.asarray(share * (sparse.to_scipy().T @ coef), dtype=np.float32)


def _blocks(n: int) -> Iterator[np.ndarray]:
    for start in range(0, n, _BLOCK):
        yield np.arange(start, min(start + _BLOCK, n))
