"""How much of what came before decides what comes next: contexts of variable length.

A place of the routing is an activity with the activities that led to it, as many as are seen often
enough (variable length Markov chains: Rissanen 1983; Bühlmann, Wyner 1999). How many are worth
telling apart is decided on later cases than those they were counted on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

END = -1
_LEARNED = 0.75
_PRIOR = 1.0
_LEAST_GAIN = 3.0
# From the simplest on.
_CHOICES = ((1, 1), (2, 100), (2, 30), (3, 100), (2, 10), (3, 30), (4, 30), (3, 10), (4, 10))

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contexts:
    """Suffixes of paths that are places of their own, the single activities among them."""

    places: dict[Path, int]
    depth: int

    def after(self, context: Path, activity: int) -> Path:
        """The place reached from ``context`` by ``activity``: the longest known suffix."""
        path = (*context, activity)[-self.depth :]
        while path not in self.places:
            path = path[1:]
        return path


def contexts_of(paths: Sequence[Path], kinds: int, depth: int, least: int) -> Contexts:
    """Suffixes of up to ``depth`` activities seen ``least`` times in ``paths``."""
    counts: Counter[Path] = Counter()
    for path in paths:
        for end in range(1, len(path) + 1):
            for length in range(2, min(depth, end) + 1):
                counts[path[end - length : end]] += 1
    kept: list[Path] = [(j,) for j in range(kinds)]
    kept += sorted(suffix for suffix, count in counts.items() if count >= least)
    return Contexts({suffix: i for i, suffix in enumerate(kept)}, depth)


def chosen_contexts(paths: Sequence[Path], kinds: int) -> tuple[int, int]:
    """(depth, least count), judged on the later paths.

    The simplest choice that is not behind the best by more than one standard error, or three in
    log-likelihood: what is alike is not told apart.
    """
    cut = int(len(paths) * _LEARNED)
    scores = [
        likelihoods(paths[:cut], paths[cut:], contexts_of(paths[:cut], kinds, *choice), kinds)
        for choice in _CHOICES
    ]
    best = max(scores, key=lambda score: float(score.sum()))
    for choice, score in zip(_CHOICES, scores, strict=True):
        behind = best - score
        if behind.sum() <= max(_LEAST_GAIN, behind.std() * len(behind) ** 0.5):
            return choice
    raise AssertionError("the best is not behind itself")


def likelihoods(
    learned: Sequence[Path], judged: Sequence[Path], contexts: Contexts, kinds: int
) -> np.ndarray:
    """Log-likelihood of each path of ``judged`` by the shares in ``learned``, [paths].

    A context leans on the one that is an activity shorter, down to all activities alike.
    """
    counts: dict[Path, np.ndarray] = {}
    for path in learned:
        for context, following in steps(path, contexts):
            for cut in range(len(context) + 1):
                shorter = context[cut:]
                if shorter not in counts:
                    counts[shorter] = np.zeros(kinds + 1)
                counts[shorter][following] += 1
    logs: dict[Path, np.ndarray] = {}

    def shares(context: Path) -> np.ndarray:
        lean = shares(context[1:]) if context else np.full(kinds + 1, 1 / (kinds + 1))
        own = counts.get(context, np.zeros(kinds + 1))
        return np.asarray((own + _PRIOR * lean) / (own.sum() + _PRIOR))

    def log(context: Path, following: int) -> float:
        if context not in logs:
            logs[context] = np.log(shares(context))
        return float(logs[context][following])

    return np.array([sum(log(*step) for step in steps(path, contexts)) for path in judged], float)


def steps(path: Path, contexts: Contexts) -> list[tuple[Path, int]]:
    """(place, next activity) along ``path``; the start is the empty place, the end is END."""
    found: list[tuple[Path, int]] = []
    context: Path = ()
    for activity in path:
        found.append((context, activity))
        context = contexts.after(context, activity)
    return [*found, (context, END)]
