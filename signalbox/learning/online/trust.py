"""P(the proposed label is correct), recalibrated on every row people have answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from signalbox.learning.online.arrays import Doubles

SIGNALS = 6


def logit(p: float) -> float:
    """ln(p / (1 - p)) with p kept off 0 and 1."""
    p = min(max(p, 1e-4), 1 - 1e-4)
    return float(np.log(p / (1 - p)))


def signals(
    best: float, second: float, *, agreement: float = 1.0, novelty: float = 0.0
) -> tuple[float, ...]:
    """What trust is judged by: logit, margin in logs, margin, agreement of members, novelty."""
    margin = float(np.log((best + 1e-4) / (second + 1e-4)))
    return (1.0, logit(best), min(margin, 8.0), best - second, agreement, novelty)


class Trust:
    """Ridge logistic regression (Platt 1999) over a decaying window, and a correction per label.

    Abstained rows count too: people answer them, so their labels are known. The correction is
    the label's decayed mean of outcome minus estimate, shrunk towards none as if ``PRIOR`` rows
    had shown none.
    """

    PRIOR = 30.0
    DECAY = 0.5 ** (1 / 150)

    def __init__(self, window: int, every: int) -> None:
        self.window = window
        self.every = every
        self.rows: list[tuple[float, ...]] = []
        self.correct: list[bool] = []
        self.labels: list[str] = []
        self.coefficients: Doubles = np.array([0.0, 1.0, 0, 0, 0, 0])
        self._residuals: dict[str, tuple[float, float]] = {}
        self._since_fit = 0
        self.scores: Doubles = np.zeros(0)

    def score(self, row: Sequence[float], label: str) -> float:
        """Estimated P(correct) in (0, 1)."""
        raw = 1 / (1 + np.exp(-float(np.dot(self.coefficients, row))))
        gap, weight = self._residuals.get(label, (0.0, 0.0))
        shift = gap / (weight + self.PRIOR)
        return float(min(max(raw + min(shift, 0.0), 1e-4), 1 - 1e-4))

    def add(self, row: Sequence[float], label: str, correct: bool) -> bool:
        """Take one answered row; True when the calibration was fitted anew."""
        near = float(np.dot(self.coefficients, row))
        if near > 1.4:  # judged where it matters: rows near or above automatic confidence
            raw = 1 / (1 + np.exp(-near))
            gap, weight = self._residuals.get(label, (0.0, 0.0))
            self._residuals[label] = (gap * self.DECAY + correct - raw, weight * self.DECAY + 1)
        self.rows.append(tuple(row))
        self.labels.append(label)
        self.correct.append(correct)
        if len(self.rows) > self.window:
            extra = len(self.rows) - self.window
            del self.rows[:extra], self.labels[:extra], self.correct[:extra]
        self._since_fit += 1
        if self._since_fit < self.every or len(self.rows) < 50:
            return False
        self.fit()
        return True

    def weights(self) -> Doubles:
        """Weight of each row of the window, newest last, half-life half the window."""
        age = np.arange(len(self.rows))[::-1]
        return np.asarray(0.5 ** (age / (self.window / 2)))

    def window_scores(self) -> tuple[Doubles, list[bool], Doubles]:
        """Scores at the last fit with the outcome and weight of their rows, oldest first."""
        late = self._since_fit
        stop = len(self.rows) - late
        start = max(0, len(self.scores) - stop)
        scores = self.scores[start:]
        return scores, self.correct[:stop], self.weights()[:stop]

    def fit(self) -> None:
        """Newton steps on the weighted window, drawn towards plain temperature 1."""
        self._since_fit = 0
        if len(self.rows) < 50:
            return
        x, hit, w = np.array(self.rows), np.array(self.correct, float), self.weights()
        start = np.array([0.0, 1.0, 0, 0, 0, 0])
        b = start.copy()
        ridge = np.array([0.05, 2.0, 2.0, 2.0, 2.0, 2.0])
        for _ in range(12):
            p = 1 / (1 + np.exp(-np.clip(x @ b, -30, 30)))
            slope = x.T @ (w * (p - hit)) + ridge * (b - start)
            curve = (x * (w * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
            step = np.linalg.solve(curve, slope)
            b -= step
            if np.abs(step).max() < 1e-5:
                break
        self.coefficients = b
        self.scores = np.array(
            [self.score(r, label) for r, label in zip(self.rows, self.labels, strict=True)]
        )

    def state(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "rows": [list(r) for r in self.rows],
            "correct": list(self.correct),
            "labels": list(self.labels),
            "coefficients": self.coefficients.tolist(),
            "residuals": {k: list(v) for k, v in self._residuals.items()},
            "since_fit": self._since_fit,
            "scores": self.scores.tolist(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The reverse of :meth:`state`."""
        self.rows = [tuple(r) for r in state["rows"]]
        self.correct = [bool(c) for c in state["correct"]]
        self.labels = list(state["labels"])
        self.coefficients = np.array(state["coefficients"])
        self._residuals = {k: (v[0], v[1]) for k, v in state["residuals"].items()}
        self._since_fit = int(state["since_fit"])
        self.scores = np.array(state["scores"])
