"""The threshold in force: an error budget over the stream, spent on the surest rows first."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from signalbox.learning.online.arrays import Doubles

NOTHING = 1.01  # a threshold no score reaches
FEASIBLE = 0.8  # of alpha: rows this sure pay debts back, so a deficit does not end autonomy


class Controller:
    """Keeps the errors of automatic rows within ``1 - target`` of their number, whatever drifts.

    The account stands at ``alpha * automatic - errors``. Before each row the error rate aimed at
    is that which, over the next stretch of as many automatic rows as there have been, leaves a
    reserve of ``z`` standard deviations in the account: strict at first, near alpha once the
    record carries it, and strict again as soon as errors come faster than foreseen (the feedback
    idea of Gibbs & Candes 2021 and Lekeufack et al. 2024, with the step in units of budget).
    """

    def __init__(self, target: float, *, reserve: float = 1.5, caution: float = 0.5) -> None:
        self.alpha = 1 - target
        self.reserve = reserve
        self.caution = caution
        self.automatic = 0
        self.errors = 0
        self.threshold = NOTHING

    @property
    def balance(self) -> float:
        """Errors still allowed over the stream so far."""
        return self.alpha * self.automatic - self.errors

    def aim(self) -> float:
        """The error rate the next automatic rows may have."""
        stretch = max(100, self.automatic)
        spread = self.reserve * math.sqrt(self.alpha * (1 - self.alpha) * stretch)
        rate = self.alpha + (self.balance - spread) / stretch
        return min(max(rate, 0.1 * self.alpha), 0.95 * self.alpha)

    def choose(self, scores: Doubles, correct: Sequence[bool], weights: Doubles) -> float:
        """The lowest score above which the answered rows err no more than the aim.

        The error count is raised by ``caution`` of its own standard deviation (plus one row), so
        that a few lucky rows certify nothing. Where no score meets the aim, the score with the
        lowest bound serves if that bound is well inside alpha.
        """
        self.threshold = NOTHING
        if len(scores) == 0:
            return self.threshold
        order = np.argsort(-scores, kind="stable")
        weight = weights[order]
        wrong = np.cumsum(weight * ~np.asarray(correct, bool)[order])
        count = np.cumsum(weight)
        bound = (wrong + self.caution * np.sqrt(wrong + 1)) / count
        good = np.flatnonzero(bound <= self.aim())
        surest = int(np.argmin(bound))
        if len(good):
            self.threshold = float(scores[order[good[-1]]])
        elif bound[surest] <= FEASIBLE * self.alpha:
            self.threshold = float(scores[order[surest]])
        return self.threshold

    def record(self, correct: bool) -> None:
        """The true label of an automatic row is known."""
        self.automatic += 1
        self.errors += not correct

    def state(self) -> dict[str, float]:
        """Plain values, for JSON."""
        return {"automatic": self.automatic, "errors": self.errors, "threshold": self.threshold}

    def restore(self, state: dict[str, float]) -> None:
        """The reverse of :meth:`state`."""
        self.automatic = int(state["automatic"])
        self.errors = int(state["errors"])
        self.threshold = float(state["threshold"])
