"""Kernel ridge classification over embeddings, and how near the nearest learned rows are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 5


@dataclass(frozen=True)
class KernelMember:
    """Radial kernel exp(-gamma (1 - cosine)) to ``landmarks`` (m, d), times ``coef`` (m, labels).

    Exact kernel ridge regression on one-hot labels where every row is a landmark; with more rows
    than landmarks the subset-of-regressors approximation (Rasmussen and Williams 2006, ch. 8).
    """

    landmarks: np.ndarray
    coef: np.ndarray
    gamma: float
    name: str = "kernel"

    def scores(self, dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((n, labels) scores, (n,) mean cosine to the nearest landmarks)."""
        cosine = dense @ self.landmarks.T
        keep = min(NEIGHBOURS, cosine.shape[1])
        nearest = np.partition(cosine, cosine.shape[1] - keep, axis=1)[:, -keep:]
        kernel = np.exp(self.gamma * (cosine - 1))
        return kernel @ self.coef, nearest.mean(axis=1)


def fit_kernel(
    dense: np.ndarray,
    y: np.ndarray,
    k: int,
    *,
    gamma: float = 2.0,
    ridge: float = 0.3,
    max_landmarks: int = 9_000,
    seed: int = 0,
) -> KernelMember:
    """Fit on (n, d) rows of unit length; costs landmarks squared in memory (float32)."""
    from scipy.linalg import cho_factor, cho_solve

    n = len(dense)
    targets = np.zeros((n, k), dtype=np.float32)
    targets[np.arange(n), y] = 1
    if n <= max_landmarks:
        landmarks = dense
        system = np.exp(gamma * (dense @ dense.T - 1))
        system.flat[:: n + 1] += ridge
        right = targets
    else:
        chosen = np.sort(np.random.default_rng(seed).permutation(n)[: max_landmarks // 2])
        landmarks = dense[chosen]
        cross = np.exp(gamma * (dense @ landmarks.T - 1))
        system = cross.T @ cross + ridge * np.exp(gamma * (landmarks @ landmarks.T - 1))
        system.flat[:: len(landmarks) + 1] += 1e-6 * n * len(landmarks) ** 0.5
        right = cross.T @ targets
    factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    coef = cho_solve(factor, right, check_finite=False).astype(np.float32)
    return KernelMember(np.ascontiguousarray(landmarks), coef, gamma)
