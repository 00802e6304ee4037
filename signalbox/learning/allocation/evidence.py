"""Evidence for a change, added up as it comes in: cumulative sums of log likelihood ratios.

The cumulative sum of one alternative (Page 1954) starts again whenever it falls to zero. As each
ratio has a mean of at most one while nothing has changed, whatever was seen before, the chance that
a sum gets from zero to ``h`` before it starts again is at most exp(-h) (Ville 1939), so that the
mean number of observations to a false alarm is at least exp(h) (Lorden 1971). Sums kept side by
side add their rates: with ``n`` of them fed by every observation it is at least exp(h) / n.
"""

from __future__ import annotations

import math

import numpy as np

# Multiples of a mean that are looked for; what lies between two of them is found by both.
FACTORS = np.array([1 / 3, 0.5, 2 / 3, 0.8, 1.25, 1.5, 2.0, 3.0])
_LOGS = np.log(FACTORS)


def threshold(run_length: float, sums: int) -> float:
    """The height at which ``sums`` sums raise a false alarm once in ``run_length`` at most."""
    return math.log(run_length * sums)


def scaled(hours: float, shape: float, scale: float) -> np.ndarray:
    """Log likelihood ratio of each of `FACTORS` against no change, [F], for one exponential time.

    What is known of the mean is an inverse gamma distribution of ``shape`` and ``scale``; the
    ratio is that of what it predicts, a Lomax distribution, so that not knowing a mean well is not
    taken for a change of it.
    """
    same = math.log1p(hours / scale)
    return np.asarray((shape + 1) * (same - np.log1p(hours / (scale * FACTORS))) - _LOGS)


class Sums:
    """Cumulative sums for ``rows`` groups, one for each factor, and when each last started."""

    def __init__(self, rows: int, start: float = 0.0) -> None:
        self._sums = np.zeros((rows, len(FACTORS)))
        self._since = np.full((rows, len(FACTORS)), start)

    def add(self, rows: np.ndarray, ratios: np.ndarray, moment: float) -> float:
        """One observation, of the log likelihood ``ratios`` [F], for each of ``rows``.

        Returns the highest sum of these.
        """
        sums = self._sums[rows]
        sums += ratios
        since = self._since[rows]
        since[sums <= 0] = moment
        self._since[rows] = since
        self._sums[rows] = np.maximum(sums, 0.0, out=sums)
        return float(sums.max())

    def highest(self, rows: np.ndarray) -> tuple[float, int, float, float]:
        """Of the sums of ``rows``: the highest, its row, its factor and since when it rises."""
        among = self._sums[rows]
        at = int(among.argmax())
        row, column = int(rows[at // len(FACTORS)]), at % len(FACTORS)
        height, since = self._sums[row, column], self._since[row, column]
        return float(height), row, float(FACTORS[column]), float(since)
