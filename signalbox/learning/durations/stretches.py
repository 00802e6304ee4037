"""Prefixes as what a network reads: rows on one scale, in the order of the events of a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from signalbox.learning.durations.codes import RARE
from signalbox.learning.durations.model import Arrays
from signalbox.learning.durations.prefixes import NAMES, Prefixes

LONGEST = 50
_KNOTS = 65
# A tree takes what is later than all it knows for the latest it knows; a network would carry on
# any trend it found.
_LEFT_OUT = tuple(NAMES.index(name) for name in ("moment_d", "day_of_year"))


@dataclass(frozen=True)
class Reader:
    """Rows of prefixes on a scale from -1 to 1, by their rank among those learned from.

    Ranks, because gaps of seconds and of months stand in one column. ``knots`` (kept, 65) are
    values at equally spaced ranks; ``activities`` are known by their place, counted from 1.
    """

    features: int
    knots: np.ndarray
    activities: tuple[str, ...]

    @classmethod
    def fit(cls, prefixes: Prefixes) -> Reader:
        """Ranks of ``prefixes``, and the activities that are not rare among them."""
        features = prefixes.X.shape[1]
        kept = _kept(features)
        levels = np.linspace(0, 1, _KNOTS)
        knots = np.quantile(prefixes.X[:, kept], levels, axis=0, method="nearest").T
        counts = Counter(prefixes.last)
        common = tuple(sorted(name for name, count in counts.items() if count >= RARE))
        return cls(features, np.ascontiguousarray(knots), common)

    def read(self, prefixes: Prefixes) -> tuple[np.ndarray, np.ndarray]:
        """((n, kept) rows in single precision, (n,) place of the last activity, 0 if unknown)."""
        kept = _kept(self.features)
        levels = np.linspace(-1, 1, _KNOTS)
        X = np.empty((len(prefixes), len(kept)), dtype=np.float32)
        for j, (column, knots) in enumerate(zip(kept, self.knots, strict=True)):
            values, at = np.unique(knots, return_inverse=True)
            # Where many rows share a value, it stands in the middle of its ranks.
            middle = np.bincount(at, weights=levels) / np.bincount(at)
            X[:, j] = np.interp(prefixes.X[:, column], values, middle)
        places = {name: i for i, name in enumerate(self.activities, start=1)}
        return X, np.array([places.get(name, 0) for name in prefixes.last], dtype=np.int64)

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """(features and activities, knots)."""
        told = {"features": self.features, "activities": list(self.activities)}
        return told, {"knots": self.knots}

    @classmethod
    def from_parts(cls, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Reader:
        """Undo ``to_parts``. KeyError, TypeError or ValueError where the parts do not fit."""
        features, knots = int(told["features"]), arrays["knots"]
        if knots.shape != (len(_kept(features)), _KNOTS) or not np.isfinite(knots).all():
            raise ValueError("the scale of the rows does not fit them")
        return cls(features, knots, tuple(str(name) for name in told["activities"]))


def _kept(features: int) -> list[int]:
    return [i for i in range(features) if i not in _LEFT_OUT]


def stretches(prefixes: Prefixes) -> np.ndarray:
    """(stretches, 2) begin and end of what is read in one go: the prefixes of a case, in order.

    Cut after every ``LONGEST`` of them, counted from the first, so that a case of thousands of
    events takes no more memory than many short ones. What came before is in the rows still.
    """
    if not len(prefixes):
        return np.empty((0, 2), dtype=int)
    fresh = np.flatnonzero(np.diff(prefixes.case, prepend=-1))
    nth = np.arange(len(prefixes)) - np.repeat(fresh, np.diff(fresh, append=len(prefixes)))
    begins = np.flatnonzero(nth % LONGEST == 0)
    return np.stack([begins, np.append(begins[1:], len(prefixes))], axis=1)


def padded(parts: np.ndarray) -> np.ndarray:
    """(b, longest) row numbers of ``parts`` (b, 2) of ``stretches``; -1 after the end of each."""
    at = parts[:, :1] + np.arange((parts[:, 1] - parts[:, 0]).max())
    return np.where(at < parts[:, 1:], at, -1)
