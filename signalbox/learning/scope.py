"""Out-of-scope detection, learned without a single out-of-scope row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# One task in two hundred may wait for a person needlessly; a higher share catches more strangers.
REJECTED = 0.005


@dataclass(frozen=True)
class Scope:
    """Mean of three z-scores: familiarity, the highest logit, and its lead over the second.

    ``centre`` and ``spread`` (3,) are of held-out in-scope rows; ``threshold`` is the score
    below which a row counts as out of scope.
    """

    centre: np.ndarray
    spread: np.ndarray
    threshold: float

    def score(self, logits: np.ndarray, familiarity: np.ndarray) -> np.ndarray:
        """(n,) higher is more in scope; 0 is the in-scope average."""
        away = (evidence(logits, familiarity) - self.centre) / self.spread
        return np.asarray(away.mean(axis=1))


def evidence(logits: np.ndarray, familiarity: np.ndarray) -> np.ndarray:
    """(n, 3) what scope is judged on."""
    two = np.partition(logits, logits.shape[1] - 2, axis=1)[:, -2:]
    return np.stack([familiarity, two[:, 1], two[:, 1] - two[:, 0]], axis=1).astype(np.float64)


def fit_scope(logits: np.ndarray, familiarity: np.ndarray, rejected: float = REJECTED) -> Scope:
    """Set the threshold so that a share ``rejected`` of in-scope rows falls below it."""
    seen = evidence(logits, familiarity)
    centre, spread = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
    scores = ((seen - centre) / spread).mean(axis=1)
    return Scope(centre, spread, float(np.quantile(scores, rejected)))
