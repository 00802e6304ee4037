"""The members of the router and what each says about the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.features import Encoded
from signalbox.learning.kernel import KernelMember, fit_kernel
from signalbox.learning.linear import LinearMember, fit_logistic, fit_svm
from signalbox.learning.prototypes import Prototypes, fit_prototypes

# Scoring holds rows by landmarks in memory: slices of this many rows bound it at some 40 MB.
_SLICE = 1_000


@dataclass(frozen=True)
class MemberScores:
    """``scores`` (members, n, labels) float32; ``familiarity`` (n,): cosine to what is known."""

    scores: np.ndarray
    familiarity: np.ndarray

    def take(self, members: np.ndarray) -> MemberScores:
        """Only the members at ``members``."""
        return MemberScores(self.scores[members], self.familiarity)


@dataclass(frozen=True)
class Members:
    """Linear members, then the kernel one; prototypes measure familiarity without embeddings."""

    linear: list[LinearMember]
    kernel: KernelMember | None
    prototypes: Prototypes | None

    @property
    def names(self) -> list[str]:
        """Member names in the order of the scores."""
        return [m.name for m in self.linear] + ([self.kernel.name] if self.kernel else [])

    def evaluate(self, encoded: Encoded) -> MemberScores:
        """Every member's scores for the rows of ``encoded``."""
        if len(encoded) <= _SLICE:
            return self._evaluate(encoded)
        starts = range(0, len(encoded), _SLICE)
        parts = [
            self._evaluate(encoded.take(np.arange(s, min(s + _SLICE, len(encoded)))))
            for s in starts
        ]
        return MemberScores(
            np.concatenate([p.scores for p in parts], axis=1),
            np.concatenate([p.familiarity for p in parts]),
        )

    def _evaluate(self, encoded: Encoded) -> MemberScores:
        scores = [member.scores(encoded) for member in self.linear]
        if self.kernel is not None and encoded.dense is not None:
            found, familiarity = self.kernel.scores(encoded)
            scores.append(found)
        else:
            assert self.prototypes is not None
            familiarity = self.prototypes.familiarity(encoded.sparse)
        return MemberScores(np.stack(scores), familiarity)


def fit_members_on(encoded: Encoded, y: np.ndarray, k: int, *, seed: int = 0) -> Members:
    """Fit all members that the views allow on label numbers ``y`` in [0, k)."""
    linear = [fit_svm("words", encoded, y, k)]
    if encoded.dense is None:
        return Members(linear, None, fit_prototypes(encoded.sparse, y, k))
    linear.append(fit_logistic("meaning", encoded, y, k))
    return Members(linear, fit_kernel(encoded, y, k, seed=seed), None)
