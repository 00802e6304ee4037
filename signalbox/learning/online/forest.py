"""Boosted trees as plain arrays: fitted by scikit-learn, evaluated and stored without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signalbox.learning.online.arrays import Bools, Doubles, Floats, Ints


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees laid end to end; a leaf points at itself, so a walk of ``depth`` steps ends there."""

    feature: Ints
    threshold: Doubles
    left: Ints
    right: Ints
    missing_left: Bools
    value: Doubles
    roots: Ints
    depth: int
    base: float

    def probability(self, rows: Floats) -> Doubles:
        """P(correct) of each row, shape (rows,)."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        line = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            x = rows[line, self.feature[at]]
            go_left = np.where(np.isnan(x), self.missing_left[at], x <= self.threshold[at])
            at = np.where(go_left, self.left[at], self.right[at])
        raw = self.base + self.value[at].sum(1)
        return np.asarray(1 / (1 + np.exp(-raw)))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything, for an ``.npz``."""
        return {
            "feature": self.feature,
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "missing_left": self.missing_left,
            "value": self.value,
            "roots": self.roots,
            "scalars": np.array([self.depth, self.base]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> Forest:
        """The reverse of :meth:`arrays`."""
        plain = {k: v for k, v in arrays.items() if k != "scalars"}
        depth, base = np.asarray(arrays["scalars"], np.float64)
        return cls(**plain, depth=int(depth), base=float(base))  # type: ignore[arg-type]


def fit_forest(rows: Floats, correct: Bools, *, trees: int = 100, seed: int = 0) -> Forest | None:
    """Histogram gradient boosting on log-loss; None where only one outcome has been seen."""
    if correct.all() or not correct.any():
        return None
    from sklearn.ensemble import HistGradientBoostingClassifier

    # scikit-learn cannot bin a column without a single value; a constant is never split on.
    rows = np.where(np.isnan(rows).all(axis=0), np.float32(0), rows)
    model = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=trees,
        max_leaf_nodes=24,
        min_samples_leaf=50 if len(rows) > 20_000 else 20,
        l2_regularization=5.0,
        max_features=0.3,
        max_bins=63,
        early_stopping=False,
        random_state=seed,
    ).fit(rows, correct)
    trees_ = [round_[0].nodes for round_ in model._predictors]
    starts = np.cumsum([0] + [len(t) for t in trees_])
    nodes = np.concatenate(trees_)
    own = np.arange(len(nodes))
    offset = np.repeat(starts[:-1], [len(t) for t in trees_])
    leaf = nodes["is_leaf"].astype(bool)
    return Forest(
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        left=np.where(leaf, own, nodes["left"] + offset).astype(np.int64),
        right=np.where(leaf, own, nodes["right"] + offset).astype(np.int64),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=np.where(leaf, nodes["value"], 0.0),
        roots=starts[:-1].astype(np.int64),
        depth=int(nodes["depth"].max()),
        base=float(np.ravel(model._baseline_prediction)[0]),
    )
