from __future__ import annotations

import numpy as np

from signalbox.learning.sparse import SparseRows


def random_rows(n: int, width: int, seed: int) -> SparseRows:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        chosen = rng.choice(width, rng.integers(0, width), replace=False)
        rows.append((chosen.astype(np.int32), rng.normal(size=len(chosen)).astype(np.float32)))
    return SparseRows.pack(rows, width)


def test_agrees_with_scipy() -> None:
    rows, other = random_rows(6, 9, 0), random_rows(6, 4, 1)
    dense = rows.to_scipy().toarray()
    weights = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)
    assert np.allclose(rows.dot(weights), dense @ weights, atol=1e-5)
    assert np.array_equal(rows.take(np.array([4, 1])).to_scipy().toarray(), dense[[4, 1]])
    both = np.hstack([dense, other.to_scipy().toarray()])
    assert np.array_equal(rows.beside(other).to_scipy().toarray(), both)


def test_no_rows() -> None:
    empty = SparseRows.pack([], 5)
    assert len(empty) == 0
    assert empty.dot(np.ones((5, 2), np.float32)).shape == (0, 2)
