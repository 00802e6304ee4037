"""Intervals by bootstrap over cases (Efron and Tibshirani 1993, percentile method).

Events of one case hang together, so whole cases are drawn, with replacement.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

DRAWS = 1_000
LEVEL = 0.95
_AT_ONCE = 50


def per_case(
    group: np.ndarray, case: np.ndarray, value: np.ndarray, groups: int, cases: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(mean per case of each group [groups], its 95 % interval [groups, 2]).

    ``value`` [n] belongs to ``group`` and ``case`` [n]; a case without any counts as 0.
    """
    table = csr_array((value, (group, case)), shape=(groups, cases))
    rng = np.random.default_rng(seed)
    drawn = []
    for begin in range(0, DRAWS, _AT_ONCE):
        n = min(_AT_ONCE, DRAWS - begin)
        weights = np.stack(
            [np.bincount(rng.integers(0, cases, cases), minlength=cases) for _ in range(n)], axis=1
        )
        drawn.append(table @ weights.astype(float) / cases)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(drawn, axis=1), [tail, 1 - tail], axis=1)
    return table.sum(axis=1) / cases, np.stack([low, high], axis=1)
