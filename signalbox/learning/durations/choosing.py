"""Which kind of model is taken: the one that did best on later cases among those learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.durations.intervals import Calibration, Spread
from signalbox.learning.durations.kinds import candidates, duration_class, next_class
from signalbox.learning.durations.method import Method
from signalbox.learning.durations.model import Progress, part, silent
from signalbox.learning.durations.samples import Fold


@dataclass(frozen=True)
class Chosen:
    """``kind`` of model, and what each candidate came to (``compared``): the mean absolute error
    in days over the held-out prefixes of the forward folds, or the accuracy.

    ``scores`` are for each fold those of the chosen kind (``Spread.scores``; none for a next
    activity): what intervals are calibrated on.
    """

    kind: str
    compared: dict[str, float]
    scores: tuple[np.ndarray, ...] = ()

    @property
    def calibration(self) -> Calibration:
        """Of all folds together."""
        return Calibration(np.concatenate(self.scores))


def choose_duration(
    target: str, folds: Sequence[Fold], method: Method, progress: Progress = silent
) -> Chosen | None:
    """Learn ``target`` (a name of ``Targets``) on each fold's earlier cases, judge on its later.

    The first candidate is kept unless another has a smaller error. None where a part has no such
    duration at all.
    """
    compared: dict[str, float] = {}
    kept: dict[str, tuple[np.ndarray, ...]] = {}
    kinds = candidates(method.kind)
    for i, kind in enumerate(kinds):
        scores, errors = [], []
        for j, fold in enumerate(folds):
            y = getattr(fold.held.targets, target)
            rows = np.flatnonzero(~np.isnan(y))
            fit = getattr(fold.fit.targets, target)
            if np.isnan(fit).all() or not len(rows):
                return None
            at = i * len(folds) + j
            told = part(progress, *(k / len(kinds) / len(folds) for k in (at, at + 1)))
            model = duration_class(kind)(seed=method.seed).fit(fold.fit.prefixes, fit, told)
            spread = Spread.of(model, fold.held.prefixes, rows)
            scores.append(spread.scores(y[rows]))
            errors.append(np.abs(spread.median - y[rows]))
        compared[kind], kept[kind] = float(np.concatenate(errors).mean()), tuple(scores)
    best = min(compared, key=lambda kind: compared[kind])
    return Chosen(best, compared, kept[best])


def choose_next(folds: Sequence[Fold], method: Method, progress: Progress = silent) -> Chosen:
    """The same for the next activity, by accuracy over the prefixes that go on."""
    kinds = candidates(method.kind)
    compared: dict[str, float] = {}
    for i, kind in enumerate(kinds):
        right = []
        for j, fold in enumerate(folds):
            truth = fold.held.targets.following
            rows = np.flatnonzero(truth != "")
            at = i * len(folds) + j
            told = part(progress, *(k / len(kinds) / len(folds) for k in (at, at + 1)))
            model = next_class(kind)(seed=method.seed).fit(
                fold.fit.prefixes, fold.fit.targets.following, told
            )
            said = model.probabilities(fold.held.prefixes, rows).argmax(axis=1)
            right.append(np.array(model.names, dtype=object)[said] == truth[rows])
        compared[kind] = float(np.concatenate(right).mean())
    return Chosen(max(compared, key=lambda kind: compared[kind]), compared)
