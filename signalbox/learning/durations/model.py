"""What a model of running cases must be able to do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np

from signalbox.learning.durations.prefixes import Prefixes

Arrays = dict[str, np.ndarray]
Progress = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """Progress that nobody asked for."""


def part(progress: Progress, begin: float, end: float) -> Progress:
    """Progress of one piece of work, as the stretch from ``begin`` to ``end`` of the whole."""
    return lambda what, share: progress(what, begin + (end - begin) * share)


class Model(Protocol):
    """Learned from prefixes; given as plain values and arrays, and read back from them.

    ``fit`` takes prefixes of finished cases, each case in the order of its events, and for each
    prefix what became of it. ``rows`` (m,) says which of the prefixes are asked about: a model may
    look at the earlier ones of the same case too, never at later ones.
    """

    def __init__(self, *, seed: int = 0) -> None: ...

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """(JSON values, arrays) from which ``from_parts`` makes the same model again."""
        ...

    @classmethod
    def from_parts(cls, told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """Undo ``to_parts``. KeyError, TypeError or ValueError where the parts do not fit."""
        ...


class DurationModel(Model, Protocol):
    """The distribution of a duration in days."""

    def fit(self, prefixes: Prefixes, y: np.ndarray, progress: Progress = silent) -> Self:
        """Learn from durations ``y`` (n,) in days; nan where a prefix has none."""
        ...

    def quantiles(
        self, prefixes: Prefixes, rows: np.ndarray, levels: Sequence[float] | np.ndarray
    ) -> np.ndarray:
        """(m, k) quantiles in days at ``levels``, (k,) or for each row its own (m, k)."""
        ...

    def exceeding(self, prefixes: Prefixes, rows: np.ndarray, limits: np.ndarray) -> np.ndarray:
        """(m,) probability that the duration is more than ``limits`` (m,) in days."""
        ...


class NextModel(Model, Protocol):
    """Probabilities of the activities that may follow."""

    names: list[str]

    def fit(self, prefixes: Prefixes, following: np.ndarray, progress: Progress = silent) -> Self:
        """Learn from the names (n,) of what followed; ``""`` where nothing did."""
        ...

    def probabilities(self, prefixes: Prefixes, rows: np.ndarray) -> np.ndarray:
        """(m, names) in the order of ``names``."""
        ...
