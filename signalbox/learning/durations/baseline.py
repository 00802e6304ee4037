"""What a model has to beat: a table by prefix length, and the most usual next activity."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np


def mean_by_prefix(length: np.ndarray, y: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,) mean of ``y`` over past prefixes as long as each of ``wanted`` (m,).

    Lengths never seen get the mean of all.
    """
    upto = int(max(length.max(), wanted.max())) + 1
    counts = np.bincount(length, minlength=upto)
    sums = np.bincount(length, weights=y, minlength=upto)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), y.mean())
    return np.asarray(means[wanted])


def usual_next(last: np.ndarray, following: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,) activity that most often followed each last activity of ``wanted`` (m,)."""
    counts: dict[object, Counter[str]] = defaultdict(Counter)
    for name, then in zip(last, following, strict=True):
        counts[name][then] += 1
    overall = Counter(following.tolist()).most_common(1)[0][0]
    best = {name: max(sorted(c), key=lambda n: c[n]) for name, c in counts.items()}
    return np.array([best.get(name, overall) for name in wanted], dtype=object)
