"""Making the top probability mean what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Platt scaling of the top label's log-odds: sigmoid(slope · logit(p) + offset).

    Fusion already fits a temperature to all labels; this corrects what is left on the one that
    decides. Monotone, so it changes no ranking and makes no ties (Platt 1999).
    """

    slope: float = 1.0
    offset: float = 0.0

    def confidence(self, top: np.ndarray) -> np.ndarray:
        """(n,) uncalibrated top probabilities → calibrated ones."""
        odds = self.slope * _logit(top) + self.offset
        return np.asarray(1 / (1 + np.exp(-odds)))

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """(n, k): the top entry calibrated, the rest scaled to fill up, the order kept."""
        rows = np.arange(len(probabilities))
        best = probabilities.argmax(axis=1)
        top = probabilities[rows, best].astype(np.float64)
        rest = np.maximum(1 - top, _EDGE)
        out = probabilities.astype(np.float64)
        out[rows, best] = 0.0
        runner_up = out.max(axis=1)
        # The answer stays the likeliest label: confidence never falls below the second's share.
        least = runner_up / (rest + runner_up)
        confidence = np.maximum(self.confidence(top), least)
        out *= ((1 - confidence) / rest)[:, None]
        out[rows, best] = confidence
        return np.asarray(out / out.sum(axis=1, keepdims=True), dtype=np.float32)


def fit_calibration(top: np.ndarray, correct: np.ndarray) -> Calibration:
    """Least log-loss with Platt's softened targets; identity where one outcome is absent."""
    from scipy.optimize import minimize

    hits = float(np.sum(correct))
    misses = len(correct) - hits
    if hits < 10 or misses < 10:
        return Calibration()
    targets = np.where(correct, (hits + 1) / (hits + 2), 1 / (misses + 2))
    odds = _logit(top)

    def loss(params: np.ndarray) -> tuple[float, np.ndarray]:
        z = params[0] * odds + params[1]
        value = np.mean(np.logaddexp(0, z) - targets * z)
        slope = 1 / (1 + np.exp(-z)) - targets
        return float(value), np.array([np.mean(slope * odds), np.mean(slope)])

    found = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.05, 20), (-10, 10)]
    )
    return Calibration(float(found.x[0]), float(found.x[1]))


def _logit(p: np.ndarray) -> np.ndarray:
    bounded = np.clip(p.astype(np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(bounded) - np.log1p(-bounded))
