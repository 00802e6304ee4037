"""From member scores to calibrated probabilities and a scope score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.calibration import Calibration, fit_calibration
from signalbox.learning.fusion import Fusion, fit_fusion, softmax
from signalbox.learning.members import MemberScores
from signalbox.learning.scope import REJECTED, Scope, fit_scope


@dataclass(frozen=True)
class Head:
    """Fusion, then calibration; scope beside them."""

    fusion: Fusion
    calibration: Calibration
    scope: Scope

    def apply(self, found: MemberScores) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """((n, k) calibrated probabilities float32, (n,) scope score, (n, k) fused logits)."""
        logits = self.fusion.logits(found.scores)
        probabilities = self.calibration.apply(softmax(logits))
        return probabilities, self.scope.score(logits, found.familiarity), logits


def fit_head(found: MemberScores, y: np.ndarray, rejected: float = REJECTED) -> Head:
    """Fit on rows the members were not fitted on; ``y`` in [0, k)."""
    fusion = fit_fusion(found.scores, y)
    logits = fusion.logits(found.scores)
    probabilities = softmax(logits)
    best = probabilities.argmax(axis=1)
    top = probabilities[np.arange(len(best)), best]
    return Head(
        fusion,
        fit_calibration(top, best == y),
        fit_scope(logits, found.familiarity, rejected),
    )


def default_head(found: MemberScores) -> Head:
    """Even weights, no calibration: for members that nothing was held out from."""
    members = len(found.scores)
    fusion = Fusion(np.full(members, 3.0 / members))
    return Head(fusion, Calibration(), fit_scope(fusion.logits(found.scores), found.familiarity))
