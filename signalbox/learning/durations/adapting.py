"""Coverage that is kept when a process changes: intervals learn from what came true."""

from __future__ import annotations

import numpy as np

from signalbox.learning.durations.intervals import Calibration

RATE = 0.01


class Adapting:
    """Aims higher after a miss and lower after a hit (adaptive conformal inference).

    Gibbs and Candès (2021, arXiv:2106.00170): whatever the process does, the share covered among
    the outcomes told comes to ``coverage`` at a rate of 1 / (``RATE`` * outcomes).
    """

    def __init__(self, calibration: Calibration, coverage: float) -> None:
        self._calibration, self._coverage = calibration, coverage
        self._aim = coverage

    @property
    def tail(self) -> float:
        """What to cut off on each side of the next distribution."""
        return self._calibration.tail(self._aim)

    def told(self, covered: bool) -> None:
        """The outcome of an earlier prediction, once it is known."""
        self._aim += RATE * (self._coverage - float(covered))


def walk(
    calibration: Calibration,
    coverage: float,
    scores: np.ndarray,
    moments: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """(n,) tails used for ``n`` predictions made at ``moments``, each outcome told at ``known``.

    In order of time; an outcome counts only for predictions made strictly after it was known.
    ``scores`` are those of what came true (``Spread.scores``).
    """
    adapting = Adapting(calibration, coverage)
    tails = np.empty(len(scores))
    telling = np.argsort(known, kind="stable")
    told = 0
    for i in np.argsort(moments, kind="stable"):
        while told < len(telling) and known[telling[told]] < moments[i]:
            one = telling[told]
            adapting.told(bool(scores[one] >= tails[one]))
            told += 1
        tails[i] = adapting.tail
    return tails
