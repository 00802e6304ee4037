"""Splits: cross-fitting at random, or forward in time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

Split = tuple[np.ndarray, np.ndarray]


def stratified(y: np.ndarray, folds: int, seed: int) -> list[Split]:
    """(fit, held-out) index pairs; each label's rows are dealt out evenly over the folds."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    fold = np.empty(len(y), dtype=np.int64)
    fold[order] = np.arange(len(y)) % folds
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(folds)]


def forward(n: int, blocks: int) -> Iterator[Split]:
    """(all that came before, next block) for rows in time order; the first block is never held."""
    edges = np.linspace(0, n, blocks + 1).astype(int)
    for start, stop in itertools.pairwise(edges[1:]):
        yield np.arange(start), np.arange(start, stop)
