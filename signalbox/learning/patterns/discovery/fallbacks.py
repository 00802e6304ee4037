"""Where no cut is found: weaker structures, tried in turn, that still replay every piece."""

from __future__ import annotations

from collections.abc import Callable

from signalbox.learning.patterns.discovery.cuts import cut_of
from signalbox.learning.patterns.discovery.sublog import FollowsGraph, Path, Sublog, follows_graph

MOST_TRIED = 40
"""Up to how many activities each is tried as the one that runs beside all others."""


def beside_all(log: Sublog) -> int | None:
    """An activity that every piece has exactly once: it can run beside the others."""
    activities = log.activities
    for activity in activities if len(activities) > 1 else []:
        if all(path.count(activity) == 1 for _, path in log.pieces):
            return activity
    return None


def in_the_way(log: Sublog) -> int | None:
    """An activity without which the others can be cut: it can run beside them as well."""
    activities = log.activities
    if not 2 < len(activities) <= MOST_TRIED:
        return None
    for activity in activities:
        rest = log.projected([other for other in activities if other != activity])
        if cut_of(follows_graph(rest)):
            return activity
    return None


def begun_anew(log: Sublog, graph: FollowsGraph) -> Sublog | None:
    """Pieces cut up where a begin follows an end directly; where that is nowhere, at every begin.

    None where there is nothing to cut.
    """
    first = {a for a, count in zip(graph.activities, graph.first, strict=True) if count}
    last = {a for a, count in zip(graph.activities, graph.last, strict=True) if count}
    for ends in (last, set(graph.activities)):
        cut = log.cut_up(_between(ends, first))
        if len(cut.pieces) > len(log.pieces):
            return cut
    return None


def single(path: Path) -> list[Path]:
    """Every event a piece of its own."""
    return [(activity,) for activity in path]


def _between(ends: set[int], first: set[int]) -> Callable[[Path], list[Path]]:
    def cut(path: Path) -> list[Path]:
        at = [i for i in range(1, len(path)) if path[i - 1] in ends and path[i] in first]
        return [path[i:j] for i, j in zip([0, *at], [*at, len(path)], strict=True)]

    return cut
