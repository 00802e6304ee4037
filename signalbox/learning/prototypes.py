"""One mean row a label: how like anything learned a new row is, without embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.sparse import SparseRows


@dataclass(frozen=True)
class Prototypes:
    """Unit-length label means, (columns, labels) float32 (Rocchio 1971)."""

    weights: np.ndarray

    def familiarity(self, rows: SparseRows) -> np.ndarray:
        """(n,) cosine to the nearest label mean; 0 for a row with nothing known in it."""
        return np.asarray(rows.dot(self.weights).max(axis=1))


def fit_prototypes(rows: SparseRows, y: np.ndarray, k: int) -> Prototypes:
    """Mean of each label's rows, scaled to unit length."""
    weights = np.zeros((rows.width, k), dtype=np.float32)
    which = np.repeat(y, np.diff(rows.indptr))
    np.add.at(weights, (rows.indices, which), rows.values)
    return Prototypes(weights / np.maximum(np.linalg.norm(weights, axis=0), 1e-9))
