"""Intervals that cover what they promise: how far into the tails of a distribution to go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from signalbox.learning.durations.model import DurationModel
from signalbox.learning.durations.prefixes import Prefixes

# From the whole distribution to almost the median alone.
TAILS = np.concatenate([[0.0, 0.001, 0.0025], np.arange(0.005, 0.5, 0.005)])
OUTSIDE = -1.0


@dataclass(frozen=True)
class Spread:
    """Predicted distributions of ``n`` durations, in days: the nested intervals around each median.

    ``lower`` and ``upper`` are (n, tails): the ends when each of ``TAILS`` is cut off both sides.
    """

    lower: np.ndarray
    median: np.ndarray
    upper: np.ndarray

    @classmethod
    def of(cls, model: DurationModel, prefixes: Prefixes, rows: np.ndarray) -> Spread:
        """The distributions a model predicts for those ``rows`` (n,) of ``prefixes``."""
        found = model.quantiles(prefixes, rows, np.concatenate([TAILS, [0.5], 1.0 - TAILS]))
        k = len(TAILS)
        return cls(found[:, :k], found[:, k], found[:, k + 1 :])

    def scores(self, y: np.ndarray) -> np.ndarray:
        """(n,) largest tail whose interval still holds ``y``; ``OUTSIDE`` where none does.

        The score of conformal prediction over nested sets (distributional conformal prediction,
        Chernozhukov et al. 2021). Widening by days (conformalised quantile regression) would treat
        a case of minutes like one of months, and could not narrow an interval that begins at zero,
        where many remaining times are.
        """
        inside = (self.lower <= y[:, None]) & (y[:, None] <= self.upper)
        count = inside.sum(axis=1)
        return np.where(count > 0, TAILS[np.maximum(count - 1, 0)], OUTSIDE)

    def ends(self, tails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) in days at ``tails`` (n,), values of ``TAILS`` or ``OUTSIDE``."""
        at = np.maximum(np.searchsorted(TAILS, tails + 1e-12, side="right") - 1, 0)
        rows = np.arange(len(self.median))
        return self.lower[rows, at], self.upper[rows, at]


@dataclass(frozen=True)
class Calibration:
    """``scores`` (n,) of prefixes of cases later than those a model was learned from."""

    scores: np.ndarray

    @cached_property
    def _ranked(self) -> np.ndarray:
        return np.sort(self.scores)[::-1]

    def tail(self, coverage: float) -> float:
        """The largest tail at which (n + 1) * ``coverage`` of the held-out prefixes are covered.

        ``OUTSIDE`` (the whole distribution) where there are too few to promise it; the greatest
        tail for a coverage of zero or less.
        """
        at = int(np.ceil(coverage * (len(self._ranked) + 1))) - 1
        if at < 0:
            return float(TAILS[-1])
        return float(self._ranked[at]) if at < len(self._ranked) else OUTSIDE
