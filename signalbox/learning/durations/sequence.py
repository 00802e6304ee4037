"""The network behind the interface of the forest: one distribution, and the next activity.

A duration is one of a hundred typical past ones (equally many past prefixes are nearest to each):
like the forest's, the distribution is made of weights of past durations, quantiles never cross, and
what happens at once has a weight of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from signalbox.learning.durations.forest import HOUR_D
from signalbox.learning.durations.model import Arrays, Progress, silent
from signalbox.learning.durations.network import (
    Loss,
    Network,
    probabilities,
    quiet,
    train,
    weights_of,
    with_weights,
)
from signalbox.learning.durations.prefixes import Prefixes
from signalbox.learning.durations.stretches import Reader, stretches

TYPICAL = 100
# How much the distance of a wrong duration counts beside its being wrong.
RANKED = 20.0
_EDGE = 1e-9


class _Sequence:
    """A reader and a network of some classes, learned and asked together."""

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed

    def _learn(self, prefixes: Prefixes, classes: int, loss: Loss, progress: Progress) -> None:
        self._reader, self._classes = Reader.fit(prefixes), classes
        X, activity = self._reader.read(prefixes)
        with quiet(self._seed):
            self._network = Network(X.shape[1], len(self._reader.activities), classes)
            train(self._network, X, activity, stretches(prefixes), loss, self._seed, progress)

    def _asked(self, prefixes: Prefixes, rows: np.ndarray) -> np.ndarray:
        X, activity = self._reader.read(prefixes)
        with quiet(self._seed):
            parts = stretches(prefixes)
            found = probabilities(self._network, X, activity, parts, self._classes)
        return np.asarray(found[rows])

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """(what the reader knows and the number of classes, knots and weights)."""
        told, arrays = self._reader.to_parts()
        return {**told, "classes": self._classes}, {**arrays, **weights_of(self._network)}

    def _restore(self, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        self._reader, self._classes = Reader.from_parts(told, arrays), int(told["classes"])
        known = len(self._reader.activities)
        network = Network(len(self._reader.knots), known, self._classes)
        self._network = with_weights(network, arrays)


class SequenceDuration(_Sequence):
    """The distribution of a duration in days, from the events of the case so far."""

    def fit(
        self, prefixes: Prefixes, y: np.ndarray, progress: Progress = silent
    ) -> SequenceDuration:
        """Learn from durations ``y`` (n,) in days; nan where a prefix has none."""
        known = ~np.isnan(y)
        levels = (np.arange(TYPICAL) + 0.5) / TYPICAL
        self._typical = np.unique(np.quantile(y[known], levels, method="nearest"))
        logs = np.log1p(np.maximum(self._typical, 0.0) / HOUR_D)
        hours = np.log1p(np.maximum(np.nan_to_num(y), 0.0) / HOUR_D)
        nearest = np.searchsorted((logs[1:] + logs[:-1]) / 2, hours)
        truth, told = torch.from_numpy(nearest), torch.from_numpy(known)
        steps = torch.arange(len(self._typical))

        def loss(logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            logits, right = logits[told[rows]], truth[rows[told[rows]]]
            if not len(right):
                return logits.sum() * 0.0
            # The ranked probability score (Epstein 1969) minds by how much a duration is missed.
            below = torch.softmax(logits, dim=-1).cumsum(dim=-1)
            ranked = ((below - (steps >= right[:, None]).float()) ** 2).mean()
            return torch.nn.functional.cross_entropy(logits, right) + RANKED * ranked

        self._learn(prefixes, len(self._typical), loss, progress)
        return self

    def quantiles(
        self, prefixes: Prefixes, rows: np.ndarray, levels: Sequence[float] | np.ndarray
    ) -> np.ndarray:
        """(m, k) quantiles in days at ``levels``, (k,) or for each row its own (m, k)."""
        below = self._asked(prefixes, rows).cumsum(axis=1)
        given = np.atleast_2d(np.asarray(levels, dtype=float)) - _EDGE
        wanted = np.broadcast_to(given, (len(rows), given.shape[1]))
        last = len(self._typical) - 1
        at = [np.searchsorted(one, want) for one, want in zip(below, wanted, strict=True)]
        places = np.array(at, dtype=int).reshape(wanted.shape)
        return np.asarray(self._typical[np.minimum(places, last)])

    def exceeding(self, prefixes: Prefixes, rows: np.ndarray, limits: np.ndarray) -> np.ndarray:
        """(m,) probability that the duration is more than ``limits`` (m,) in days."""
        beyond = self._typical[None, :] > np.asarray(limits)[:, None]
        return np.asarray(np.clip((self._asked(prefixes, rows) * beyond).sum(axis=1), 0.0, 1.0))

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """Parts of the network, and the typical durations."""
        told, arrays = super().to_parts()
        return told, {**arrays, "typical": self._typical}

    @classmethod
    def from_parts(
        cls, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> SequenceDuration:
        """Undo ``to_parts``. KeyError, TypeError or ValueError where the parts do not fit."""
        model = cls()
        model._restore(told, arrays)
        model._typical = arrays["typical"]
        if model._typical.shape != (model._classes,) or not np.isfinite(model._typical).all():
            raise ValueError("the typical durations do not fit the network")
        if (np.diff(model._typical) <= 0).any():
            raise ValueError("the typical durations are not in order")
        return model


class SequenceNext(_Sequence):
    """Probabilities of the activities that may follow, from the events of the case so far."""

    names: list[str]

    def fit(
        self, prefixes: Prefixes, following: np.ndarray, progress: Progress = silent
    ) -> SequenceNext:
        """Learn from the names (n,) of what followed; ``""`` where nothing did."""
        self.names = sorted(set(following.tolist()) - {""})
        places = {name: i for i, name in enumerate(self.names)}
        truth = torch.tensor([places.get(name, -1) for name in following])

        def loss(logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            right = truth[rows]
            if not (right >= 0).any():
                return logits.sum() * 0.0
            return torch.nn.functional.cross_entropy(logits, right, ignore_index=-1)

        self._learn(prefixes, len(self.names), loss, progress)
        return self

    def probabilities(self, prefixes: Prefixes, rows: np.ndarray) -> np.ndarray:
        """(m, names) in the order of ``names``."""
        return self._asked(prefixes, rows)

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """Parts of the network, and the names."""
        told, arrays = super().to_parts()
        return {**told, "names": self.names}, arrays

    @classmethod
    def from_parts(cls, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> SequenceNext:
        """Undo ``to_parts``. KeyError, TypeError or ValueError where the parts do not fit."""
        model = cls()
        model._restore(told, arrays)
        model.names = [str(name) for name in told["names"]]
        if len(model.names) != model._classes:
            raise ValueError("the names do not fit the network")
        return model
