"""Drift: when the frequency or the time of something changed for good, at a known false-alarm rate.

A change shows as a bend in the running sum of a series around its mean (CUSUM, Page 1954). How
far such a sum strays by chance is learned by shuffling blocks of cases in a row, which keeps what
hangs together from one case to the next; all series are shuffled alike, and the farthest of them
all sets the limit (maxT, Westfall and Young 1993). So in a process that does not change, some
series or other is wrongly said to have changed in at most ``LEVEL`` of the logs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from signalbox.learning.patterns.rounding import shown
from signalbox.learning.patterns.series import Series, watched
from signalbox.learning.patterns.steps import Steps

LEVEL = 0.05
SHUFFLES = 999
MOST_BLOCKS = 100
BLOCK = 5
FEWEST = 100


def drift(steps: Steps, seed: int = 0) -> dict[str, Any]:
    """``changes``: what changed, between which levels, and when (begin of the first case after).

    Levels are shares of the cases, or median hours. One change a series: the one that shows most.
    ``p_adjusted`` is over all series together. With fewer than 100 cases nothing is tested.
    """
    base = {"level": LEVEL, "tested": 0, "changes": []}
    if len(steps) < FEWEST or not (series := watched(steps)):
        return base
    scores = np.stack([_score(one, len(steps)) for one in series])
    p = adjusted(scores, seed)
    changes = [
        _change(steps, one, scores[at], float(p[at]))
        for at, one in enumerate(series)
        if p[at] <= LEVEL
    ]
    changes.sort(key=lambda change: (change["p_adjusted"], change["at"]))
    return base | {"tested": len(series), "changes": changes}


def adjusted(scores: np.ndarray, seed: int = 0) -> np.ndarray:
    """P-values [series] of a change in any of ``scores`` [series, cases], each with a mean of 0.

    Adjusted for all of them together. No row may be constant.
    """
    n = scores.shape[1]
    blocks = min(MOST_BLOCKS, n // BLOCK)
    begins = np.linspace(0, n, blocks, endpoint=False).astype(int)
    sums = np.add.reduceat(scores, begins, axis=1)
    spread = sums.std(axis=1, keepdims=True)
    sums = sums / np.where(spread > 0, spread, 1.0)
    seen = _farthest(sums)
    rng = np.random.default_rng(seed)
    above = np.ones(len(scores))
    for _ in range(SHUFFLES):
        above += _farthest(sums[:, rng.permutation(blocks)]).max() >= seen
    return above / (SHUFFLES + 1)


def _farthest(sums: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.abs(np.cumsum(sums, axis=1)).max(axis=1)
    return found


def _score(series: Series, cases: int) -> np.ndarray:
    """What each case adds to the running sum: [cases], with a mean of 0.

    Times count by their rank, since a few cases that took for ever would drown all others.
    """
    value = series.value if series.is_frequency else rankdata(series.value)
    return np.bincount(series.case, weights=value - value.mean(), minlength=cases)


def _change(steps: Steps, series: Series, score: np.ndarray, p: float) -> dict[str, Any]:
    # The last case does not count: nothing comes after it.
    first_after = int(np.abs(np.cumsum(score)[:-1]).argmax()) + 1
    after = series.case >= first_after
    level = np.mean if series.is_frequency else np.median
    return {
        **series.name,
        "at": steps.moment(first_after),
        "before": shown(float(level(series.value[~after]))),
        "after": shown(float(level(series.value[after]))),
        "cases_before": first_after,
        "p_adjusted": shown(p),
    }
