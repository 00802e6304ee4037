"""Sparse rows as three flat arrays: all that prediction needs, without importing SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class SparseRows:
    """Compressed rows: row ``i`` holds ``indices``/``values`` in ``indptr[i]:indptr[i + 1]``."""

    indptr: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    width: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def pack(cls, rows: Sequence[tuple[np.ndarray, np.ndarray]], width: int) -> SparseRows:
        """From one (indices, values) pair a row."""
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(i) for i, _ in rows], out=indptr[1:])
        if not rows:
            return cls(indptr, np.empty(0, np.int32), np.empty(0, np.float32), width)
        return cls(
            indptr,
            np.concatenate([i for i, _ in rows]).astype(np.int32, copy=False),
            np.concatenate([v for _, v in rows]).astype(np.float32, copy=False),
            width,
        )

    def take(self, rows: np.ndarray) -> SparseRows:
        """The rows at ``rows``, in that order."""
        parts = [slice(self.indptr[i], self.indptr[i + 1]) for i in rows]
        return SparseRows.pack([(self.indices[p], self.values[p]) for p in parts], self.width)

    def dot(self, weights: np.ndarray) -> np.ndarray:
        """Product with a dense (width, k) float32 array: (n, k)."""
        out = np.zeros((len(self), weights.shape[1]), dtype=np.float32)
        for i in range(len(self)):
            part = slice(self.indptr[i], self.indptr[i + 1])
            if part.stop > part.start:
                out[i] = self.values[part] @ weights[self.indices[part]]
        return out

    def to_scipy(self) -> Any:
        """The same rows as a SciPy CSR matrix, for fitting."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.values, self.indices, self.indptr), shape=(len(self), self.width))

    def beside(self, other: SparseRows) -> SparseRows:
        """Columns of ``other`` to the right of these, row by row."""
        rows = []
        for i in range(len(self)):
            a = slice(self.indptr[i], self.indptr[i + 1])
            b = slice(other.indptr[i], other.indptr[i + 1])
            rows.append(
                (
                    np.concatenate([self.indices[a], other.indices[b] + self.width]),
                    np.concatenate([self.values[a], other.values[b]]),
                )
            )
        return SparseRows.pack(rows, self.width + other.width)
