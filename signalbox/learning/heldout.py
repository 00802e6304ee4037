"""Held-out member scores, and what the whole router would have said about those rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.head import fit_head
from signalbox.learning.measures import ece
from signalbox.learning.members import MemberScores
from signalbox.learning.risk import learn_then_test


@dataclass(frozen=True)
class HeldOut:
    """Scores by members that never saw the rows; ``rows`` index the table, ``fold`` the split."""

    found: MemberScores
    y: np.ndarray
    rows: np.ndarray
    fold: np.ndarray

    def members(self, which: np.ndarray) -> HeldOut:
        """The same with only some of the members."""
        return HeldOut(self.found.take(which), self.y, self.rows, self.fold)

    def at(self, where: np.ndarray) -> MemberScores:
        """Scores of the rows where ``where`` holds."""
        return MemberScores(self.found.scores[:, where], self.found.familiarity[where])

    def fused_accuracy(self) -> float:
        """Accuracy of the fusion, its weights always fitted on the other folds."""
        hits = 0
        for f in np.unique(self.fold):
            here = self.fold == f
            head = fit_head(self.at(~here), self.y[~here])
            logits = head.fusion.logits(self.found.scores[:, here])
            hits += int(np.sum(logits.argmax(axis=1) == self.y[here]))
        return hits / len(self.y)


@dataclass(frozen=True)
class Judged:
    """One entry per judged row: what a router that never saw the row would have done with it.

    ``decisive`` is the confidence, or 0 for a row that counts as out of scope: what a threshold
    is set on.
    """

    predicted: np.ndarray
    confidence: np.ndarray
    decisive: np.ndarray
    correct: np.ndarray
    automatic: np.ndarray
    y: np.ndarray
    rows: np.ndarray
    ece: float


def judge(
    held: HeldOut,
    target_accuracy: float,
    confidence: float,
    rejected: float,
    in_time: bool,
    stretch: int = 0,
) -> Judged:
    """Judge each fold by weights, calibration and threshold from the other folds.

    In time order only from the earlier folds, so the first has nothing to be judged by and is
    left out.
    """
    folds = [int(f) for f in np.unique(held.fold)]
    n = len(held.y)
    predicted = np.zeros(n, dtype=np.int64)
    scores = np.zeros(n)
    decisive = np.zeros(n)
    automatic = np.zeros(n, dtype=bool)
    judged = np.zeros(n, dtype=bool)
    for f in folds:
        here = held.fold == f
        known = held.fold < f if in_time else ~here
        if not known.any():
            continue
        head = fit_head(held.at(known), held.y[known], rejected)
        p, scope, _ = head.apply(held.at(here))
        predicted[here], scores[here] = p.argmax(axis=1), p.max(axis=1)
        decisive[here] = np.where(scope >= head.scope.threshold, scores[here], 0.0)
        own, own_scope, _ = head.apply(held.at(known))
        bar = learn_then_test(
            np.where(own_scope >= head.scope.threshold, own.max(axis=1), 0.0),
            own.argmax(axis=1) == held.y[known],
            1 - target_accuracy,
            confidence,
            stretch=stretch,
        ).threshold
        if bar is not None:
            automatic[here] = decisive[here] >= bar
        judged |= here
    correct = predicted == held.y
    return Judged(
        predicted[judged],
        scores[judged],
        decisive[judged],
        correct[judged],
        automatic[judged],
        held.y[judged],
        held.rows[judged],
        ece(scores[judged], correct[judged]),
    )
