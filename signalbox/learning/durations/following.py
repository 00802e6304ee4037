"""The next activity: a forest over the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from signalbox.learning.durations.forest import FEATURES, SMALLEST_LEAF, TREES


class NextActivity:
    """Probabilities of the activities that may follow a prefix."""

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed

    def fit(self, X: np.ndarray, following: np.ndarray) -> NextActivity:
        """Learn from ``X`` (n, features) and the names (n,) of what followed."""
        from sklearn.ensemble import RandomForestClassifier

        self._forest: Any = RandomForestClassifier(
            TREES,
            min_samples_leaf=min(SMALLEST_LEAF, max(1, len(X) // 10)),
            max_features=FEATURES,
            random_state=self._seed,
            n_jobs=-1,
        ).fit(X, following.astype(str))
        self.names: list[str] = self._forest.classes_.tolist()
        return self

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        """(n, names) in the order of ``names``."""
        return np.asarray(self._forest.predict_proba(X))
