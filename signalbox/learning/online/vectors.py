"""A row as hashed sparse features for the linear member and a dense vector for the neighbours."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.online.arrays import Doubles, Floats, Ints
from signalbox.learning.online.keys import Key
from signalbox.learning.online.row import Row, hashes, text_terms

SKETCH = 512


@dataclass(frozen=True, slots=True)
class Features:
    """Sparse columns with weights, the sketch of the text (unit length) and its embedding."""

    columns: Ints
    weights: Floats
    sketch: Floats | None
    dense: Floats | None


class Vectoriser:
    """Feature hashing (Weinberger et al. 2009) with document frequencies kept up as rows come."""

    def __init__(self, keys: Sequence[Key], buckets: int) -> None:
        self.keys = [k for k in keys if k and len(k) <= 3]
        self.buckets = buckets
        self.frequency: Doubles = np.zeros(buckets)
        self.rows = 0

    def features(self, row: Row) -> Features:
        """Features of ``row`` under the frequencies so far; changes nothing."""
        columns: list[Ints] = [np.zeros(1, np.int64)]
        weights: list[Floats] = [np.ones(1, np.float32)]
        if row.values:
            crossed = [
                zlib.crc32("\x1f".join([f"{c}={row.values[c]}" for c in key]).encode())
                for key in self.keys
            ]
            columns.append(np.array(crossed, np.int64) % self.buckets)
            weights.append(np.full(len(crossed), 1 / max(1, len(crossed)) ** 0.5, np.float32))
        sketch = None
        if row.text is not None:
            codes, counts = hashes(text_terms(row.text))
            at = codes % self.buckets
            rare = np.log((1 + self.rows) / (1 + self.frequency[at])) + 1
            weight = (counts * rare).astype(np.float32)
            weight /= np.linalg.norm(weight) + 1e-9
            columns.append(at)
            weights.append(weight)
            sign = np.where(codes >> 31 & 1, 1.0, -1.0)
            sketch = np.bincount((codes >> 17) % SKETCH, weight * sign, SKETCH).astype(np.float32)
            sketch /= np.linalg.norm(sketch) + 1e-9
        return Features(np.concatenate(columns), np.concatenate(weights), sketch, row.vector)

    def count(self, features: Features) -> None:
        """Take the row into the document frequencies."""
        self.frequency[np.unique(features.columns)] += 1
        self.rows += 1
