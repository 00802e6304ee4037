"""Linear members: a one-versus-rest support vector machine or a multinomial logistic model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from signalbox.learning.features import Encoded


@dataclass(frozen=True)
class LinearMember:
    """Scores ``x @ weights + bias`` over one view; weights (columns, labels) float32."""

    name: str
    view: str
    weights: np.ndarray
    bias: np.ndarray

    kind: ClassVar[str] = "linear"

    def scores(self, encoded: Encoded) -> np.ndarray:
        """(n, labels) raw scores, float32."""
        if self.view == "sparse":
            found = encoded.sparse.dot(self.weights)
        else:
            assert encoded.dense is not None
            found = encoded.dense @ self.weights
        return np.asarray(found + self.bias, dtype=np.float32)


def fit_svm(name: str, encoded: Encoded, y: np.ndarray, k: int, *, C: float = 1.0) -> LinearMember:
    """Squared-hinge one-versus-rest on the sparse view (Fan et al. 2008, LIBLINEAR).

    ``y`` holds label numbers in [0, k); labels without a row get the lowest score there is.
    """
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=C, dual=True, max_iter=2000, random_state=0)
    return _spread(name, "sparse", model.fit(encoded.sparse.to_scipy(), y), k)


def fit_logistic(
    name: str, encoded: Encoded, y: np.ndarray, k: int, *, C: float = 30.0
) -> LinearMember:
    """Multinomial logistic regression on the dense view."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, max_iter=300)
    return _spread(name, "dense", model.fit(encoded.dense, y), k)


def _spread(name: str, view: str, model: Any, k: int) -> LinearMember:
    """Two labels come back as one column, absent ones not at all: lay out all ``k`` columns."""
    coef, intercept, present = model.coef_, model.intercept_, model.classes_
    if len(present) == 2 and coef.shape[0] == 1:
        coef = np.vstack([-coef[0], coef[0]])
        intercept = np.array([-intercept[0], intercept[0]])
    weights = np.zeros((coef.shape[1], k), dtype=np.float32)
    bias = np.full(k, float(np.min(intercept)) - 1.0, dtype=np.float32)
    weights[:, present] = coef.T
    bias[present] = intercept
    return LinearMember(name, view, weights, bias)
