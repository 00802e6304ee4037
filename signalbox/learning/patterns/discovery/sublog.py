"""Parts of a log on their way through discovery, and their directly-follows graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

Path = tuple[int, ...]


@dataclass(frozen=True)
class Sublog:
    """Pieces of cases: ``pieces`` are (number of the variant, activities in order).

    ``weights`` has for each variant how many cases went that way. A variant may have several
    pieces, from the rounds of a loop it came out of.
    """

    pieces: list[tuple[int, Path]]
    weights: tuple[int, ...]

    @property
    def activities(self) -> list[int]:
        """The codes of the activities that occur, sorted."""
        return sorted({activity for _, path in self.pieces for activity in path})

    def weight(self, wanted: Callable[[Path], bool]) -> int:
        """How many pieces of cases there are of which ``wanted`` holds."""
        return sum(self.weights[variant] for variant, path in self.pieces if wanted(path))

    def only(self, wanted: Callable[[Path], bool]) -> Sublog:
        """The pieces of which ``wanted`` holds."""
        return Sublog([piece for piece in self.pieces if wanted(piece[1])], self.weights)

    def projected(self, activities: Iterable[int]) -> Sublog:
        """Every piece without the activities that are not among these; none is left out."""
        kept = frozenset(activities)
        return Sublog(
            [(variant, tuple(a for a in path if a in kept)) for variant, path in self.pieces],
            self.weights,
        )

    def cut_up(self, cut: Callable[[Path], list[Path]]) -> Sublog:
        """Every piece cut into several."""
        return Sublog(
            [(variant, part) for variant, path in self.pieces for part in cut(path)], self.weights
        )

    def most_extra(self, whole: Sublog) -> int:
        """By how many pieces the variant that was cut up most has more than in ``whole``."""
        mine = Counter(variant for variant, _ in self.pieces)
        mine.subtract(Counter(variant for variant, _ in whole.pieces))
        return max(mine.values(), default=0)


@dataclass(frozen=True)
class FollowsGraph:
    """``edges`` [n, n]: how often the activity of the column follows that of the row directly.

    ``first`` and ``last`` [n] count pieces that begin and end with an activity; ``activities``
    names the n places.
    """

    activities: list[int]
    edges: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def without_noise(self, noise: float) -> FollowsGraph:
        """Without edges rarer than ``noise`` times the most frequent way on from the activity.

        Ending there is a way on, too. Begins and ends are held against the most frequent of their
        own kind (Leemans, Fahland and van der Aalst 2014).
        """
        most = np.maximum(self.edges.max(axis=1), self.last)[:, None]
        return FollowsGraph(
            self.activities,
            np.where(self.edges < noise * most, 0, self.edges),
            np.where(self.first < noise * self.first.max(), 0, self.first),
            np.where(self.last < noise * self.last.max(), 0, self.last),
        )


def follows_graph(log: Sublog) -> FollowsGraph:
    """The graph of the pieces that are not empty."""
    activities = log.activities
    place = {activity: at for at, activity in enumerate(activities)}
    n = len(activities)
    edges = np.zeros((n, n), np.int64)
    first, last = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for variant, path in log.pieces:
        if not path:
            continue
        weight = log.weights[variant]
        at = [place[activity] for activity in path]
        first[at[0]] += weight
        last[at[-1]] += weight
        np.add.at(edges, (at[:-1], at[1:]), weight)
    return FollowsGraph(activities, edges, first, last)
