"""Classes of cases that take other routes, told apart by what is known of a case at its start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.simulation.fitting.contexts import END, Path

_LEARNED = 0.75
_LEAST_CASES = 40
_MOST_CLASSES = 6
_MOST_VALUES = 30
_LEAST_GAIN = 5.0
_LEAST_ERRORS = 2.0
_FLAT_PRIOR = 0.1
_PRIOR = 10.0


@dataclass(frozen=True, slots=True)
class Leaf:
    """A class: its name, as the tests on the way to it, and its cases as bool [cases]."""

    name: str
    members: np.ndarray


def classes_of(
    paths: Sequence[Path], attributes: Sequence[Mapping[str, str]], kinds: int
) -> list[Leaf]:
    """A tree over the attributes of the cases, as its leaves; one leaf where nothing helps.

    A split asks whether an attribute has one value. Shares of what follows what are counted on the
    earlier three quarters of the cases, leaning on those of the node above, and a split is made
    where it raises the log-likelihood of the later quarter by five or more, and by two standard
    errors.
    """
    steps = [_pairs(path, kinds) for path in paths]
    early = np.arange(len(paths)) < int(len(paths) * _LEARNED)
    everything = np.ones(len(paths), bool)
    flat = np.full((kinds + 1, kinds + 1), 1 / (kinds + 1))
    leaves = [(Leaf("all", everything), _shares(steps, everything & early, flat, _FLAT_PRIOR))]
    values = _values(attributes)
    while len(leaves) < _MOST_CLASSES:
        best: tuple[float, int, list[tuple[Leaf, np.ndarray]]] | None = None
        for at, (leaf, shares) in enumerate(leaves):
            for name, value, has in values:
                sides = (leaf.members & has, leaf.members & ~has)
                if min((side & early).sum() for side in sides) < _LEAST_CASES:
                    continue
                told = [_shares(steps, side & early, shares) for side in sides]
                gains = np.concatenate(
                    [
                        _logs(steps, side & ~early, t) - _logs(steps, side & ~early, shares)
                        for side, t in zip(sides, told, strict=True)
                    ]
                )
                if not len(gains):
                    continue
                gain, error = float(gains.sum()), float(gains.std()) * len(gains) ** 0.5
                sure = gain >= max(_LEAST_GAIN, _LEAST_ERRORS * error)
                if sure and (best is None or gain > best[0]):
                    tests = (f"{name} is {value}", f"{name} is not {value}")
                    parts = [
                        (Leaf(_joined(leaf.name, test), side), t)
                        for test, side, t in zip(tests, sides, told, strict=True)
                    ]
                    best = (gain, at, parts)
        if best is None:
            break
        leaves[best[1] : best[1] + 1] = best[2]
    return [leaf for leaf, _ in leaves]


def _joined(name: str, test: str) -> str:
    return test if name == "all" else f"{name}, {test}"


def _values(attributes: Sequence[Mapping[str, str]]) -> list[tuple[str, str, np.ndarray]]:
    found = []
    for name in sorted({name for case in attributes for name in case}):
        column = np.array([case.get(name, "") for case in attributes], object)
        told, counts = np.unique(column.astype(str), return_counts=True)
        for value in told[np.argsort(-counts)][:_MOST_VALUES]:
            found.append((name, str(value) or "empty", column == value))
    return found


def _pairs(path: Path, kinds: int) -> list[tuple[int, int]]:
    following = [*path[1:], END]
    # The last row stands for the start, the last column for the end.
    return [(kinds, path[0]), *zip(path, [k if k >= 0 else kinds for k in following], strict=True)]


def _shares(
    steps: Sequence[Sequence[tuple[int, int]]],
    members: np.ndarray,
    lean: np.ndarray,
    prior: float = _PRIOR,
) -> np.ndarray:
    counts = np.zeros(lean.shape)
    for i in np.flatnonzero(members).tolist():
        for source, target in steps[i]:
            counts[source, target] += 1
    return np.asarray((counts + prior * lean) / (counts.sum(1, keepdims=True) + prior))


def _logs(
    steps: Sequence[Sequence[tuple[int, int]]], members: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    logs = np.log(shares)
    return np.array(
        [sum(logs[s, t] for s, t in steps[i]) for i in np.flatnonzero(members).tolist()], float
    )
