"""From text and attributes to the two views the members read: sparse rows and dense rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.attributes import AttributeEncoder
from signalbox.learning.encoder import Encoder
from signalbox.learning.sparse import SparseRows
from signalbox.learning.table import Table
from signalbox.learning.text import TextVectorizer

# Weights of the sparse view are held as a (columns, labels) array: this bounds it at 240 MB.
_MAX_CELLS = 60_000_000


@dataclass(frozen=True)
class Encoded:
    """``n`` rows in both views; ``dense`` is (n, d) float32 of unit length, or None."""

    sparse: SparseRows
    dense: np.ndarray | None

    def __len__(self) -> int:
        return len(self.sparse)

    def take(self, rows: np.ndarray) -> Encoded:
        """The rows at ``rows``, in that order."""
        return Encoded(self.sparse.take(rows), None if self.dense is None else self.dense[rows])


@dataclass
class Features:
    """Fitted without labels: vocabulary, attribute values, and the encoder, if any."""

    text: TextVectorizer | None
    attributes: AttributeEncoder | None
    encoder: Encoder | None

    @classmethod
    def fit(cls, table: Table, encoder: Encoder | None, n_labels: int) -> Features:
        """Learn the columns of ``table``."""
        text = None
        if table.texts is not None:
            limit = max(5_000, _MAX_CELLS // max(1, n_labels))
            text = TextVectorizer.fit(table.texts, max_features=min(200_000, limit))
        attributes = AttributeEncoder.fit(table.attributes) if table.attributes else None
        return cls(text, attributes, encoder if table.texts is not None else None)

    @property
    def width(self) -> int:
        """Columns of the sparse view."""
        return (self.text.width if self.text else 0) + (
            self.attributes.width if self.attributes else 0
        )

    def transform(
        self,
        texts: Sequence[str] | None,
        attributes: Mapping[str, Sequence[str]],
        n: int,
        dense: np.ndarray | None = None,
    ) -> Encoded:
        """Encode ``n`` rows. Absent texts count as empty, absent columns as missing.

        ``dense`` passes embeddings that were computed before.
        """
        given = list(texts) if texts is not None else [""] * n
        sparse: SparseRows | None = self.text.transform(given) if self.text else None
        if self.attributes is not None:
            rows = self.attributes.transform(attributes, n)
            sparse = rows if sparse is None else sparse.beside(rows)
        if sparse is None:
            sparse = SparseRows.pack([(np.empty(0, np.int32), np.empty(0, np.float32))] * n, 0)
        if self.encoder is not None and dense is None:
            dense = self.encoder.encode(given)
        return Encoded(sparse, dense if self.encoder is not None else None)

    def transform_table(self, table: Table, dense: np.ndarray | None = None) -> Encoded:
        """Encode every row of ``table``."""
        return self.transform(table.texts, table.attributes, len(table), dense)
