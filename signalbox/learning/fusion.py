"""Log-linear fusion: the geometric mean of the members, each with a weight and sharpness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fusion:
    """Logits are the weighted sum of member scores; ``weights`` (members,) are not negative.

    One weight serves as both the share of a member and its temperature (Genest and Zidek 1986 on
    logarithmic pools; Guo et al. 2017 on temperatures).
    """

    weights: np.ndarray

    def logits(self, scores: np.ndarray) -> np.ndarray:
        """(members, n, labels) → (n, labels)."""
        return np.asarray(np.tensordot(self.weights, scores, axes=1), dtype=np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Row by row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit_fusion(scores: np.ndarray, y: np.ndarray, penalty: float = 1e-4) -> Fusion:
    """Weights of least Brier score on rows that the members were not fitted on.

    Proper like the log-loss, but bounded: a row whose label is wrong costs no more than any other
    error, where the log-loss would flatten the whole pool to make room for it (Brier 1950; Gneiting
    and Raftery 2007). L-BFGS-B from one start, which makes the answer the same every time.
    """
    from scipy.optimize import minimize

    members, n, _ = scores.shape
    stacked = np.ascontiguousarray(scores, dtype=np.float32)
    at = (np.arange(n), y)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        p = softmax(np.tensordot(weights.astype(np.float32), stacked, axes=1))
        away = p.copy()
        away[at] -= 1
        value = np.einsum("nk,nk->", away, away) / n
        # Of the squared distance by each logit: 2 p (away - sum of p times away).
        pull = 2 * p * (away - np.einsum("nk,nk->n", p, away)[:, None])
        slope = [np.einsum("nk,nk->", pull, stacked[m]) for m in range(members)]
        return (
            float(value + penalty * weights @ weights),
            np.asarray(slope, dtype=np.float64) / n + 2 * penalty * weights,
        )

    start = np.full(members, 2.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, 100.0)] * members)
    return Fusion(found.x)
