"""Prefixes with what became of them, split forward in time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.durations.prefixes import SHORTEST, Encoder, Prefixes
from signalbox.learning.durations.targets import Targets, targets_of
from signalbox.learning.logs.log import EventLog

TRAIN_SHARE = 2 / 3
FEWEST_CASES = 30
_BLOCKS = (0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Sample:
    """The prefixes of some cases and their targets, row by row."""

    prefixes: Prefixes
    targets: Targets

    def __len__(self) -> int:
        return len(self.prefixes)


@dataclass(frozen=True)
class Fold:
    """Cases to learn from, and later ones that are held out; both coded by the former alone."""

    encoder: Encoder
    fit: Sample
    held: Sample


def sample_of(
    encoder: Encoder, log: EventLog, around: EventLog, shortest: int = SHORTEST
) -> Sample:
    """The prefixes of ``log`` of ``shortest`` events or more, and what became of them."""
    rows = encoder.rows(log, around, shortest=shortest)
    return Sample(rows, targets_of(log, rows))


def fold_of(fit: EventLog, held: EventLog, around: EventLog, shortest: int = SHORTEST) -> Fold:
    """Rows of ``fit`` and ``held``; ``around`` is all that was recorded in the process."""
    encoder = Encoder.fit(fit)
    return Fold(encoder, *(sample_of(encoder, log, around, shortest) for log in (fit, held)))


def forward_folds(
    train: EventLog, around: EventLog | None = None, shortest: int = SHORTEST
) -> Iterator[Fold]:
    """Two folds inside ``train``: each learns from the first cases and holds out the next fifth."""
    n = len(train)
    edges = [int(n * share) for share in _BLOCKS]
    for start, stop in itertools.pairwise(edges):
        fit, held = EventLog(train.traces[:start]), EventLog(train.traces[start:stop])
        yield fold_of(fit, held, around or train, shortest)


def split(log: EventLog, name: str) -> tuple[EventLog, EventLog]:
    """The first two thirds of the cases by start, and the rest; BadInput where that is too few."""
    _check_count(log, name)
    train, test = log.split(TRAIN_SHARE)
    _check_parts(log, [int(len(train) * share) for share in (0.0, *_BLOCKS)] + [len(log)], name)
    return train, test


def check_enough(log: EventLog, name: str) -> None:
    """BadInput where the cases are too few to learn from all of them, and check on the later."""
    _check_count(log, name)
    _check_parts(log, [int(len(log) * share) for share in (0.0, *_BLOCKS)], name)


def _check_count(log: EventLog, name: str) -> None:
    if len(log) < FEWEST_CASES:
        raise BadInput(
            f"{name}: {len(log)} cases are too few to learn from and check",
            hint=f"give {FEWEST_CASES} or more; is --case the right column?",
        )


def _check_parts(log: EventLog, edges: list[int], name: str) -> None:
    for start, stop in itertools.pairwise(edges):
        # Time to the next event needs a prefix that goes on.
        if not any(len(trace) > 2 for trace in log.traces[start:stop]):
            raise BadInput(
                f"{name}: cases {start + 1:,} to {stop:,} by start have no third event: there is "
                "nothing to predict",
                hint="is --case the right column? It should tie together the events of one case",
            )


def bootstrap(
    values: np.ndarray, case: np.ndarray, *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the mean of ``values`` (n,): cases are drawn anew, with all their prefixes.

    Prefixes of one case are anything but independent; drawing them singly would flatter.
    """
    _, place = np.unique(case, return_inverse=True)
    sums, counts = np.bincount(place, weights=values), np.bincount(place)
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(sums), (draws, len(sums)))
    means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
