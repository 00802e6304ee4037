"""Dividing a log by a cut: which events of which piece belong to which part."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from signalbox.learning.patterns.discovery.sublog import Path, Sublog
from signalbox.learning.patterns.discovery.tree import Shape


def divided(log: Sublog, shape: Shape, groups: list[list[int]]) -> list[Sublog]:
    """One log a group of activities.

    Where the cut holds for every piece, no event is lost and the parts, put together again by
    ``shape``, give the pieces back. Otherwise a piece goes to the exclusive part that has most of
    its events, and events out of order stay with their part.
    """
    if shape is Shape.ONE:
        return _by_choice(log, groups)
    if shape is Shape.LOOP:
        return _by_round(log, groups)
    return [log.projected(group) for group in groups]


def _by_choice(log: Sublog, groups: list[list[int]]) -> list[Sublog]:
    group_of = {activity: at for at, group in enumerate(groups) for activity in group}
    parts: list[list[tuple[int, Path]]] = [[] for _ in groups]
    for variant, path in log.pieces:
        if path:
            (chosen, _), *_ = Counter(group_of[activity] for activity in path).most_common(1)
            parts[chosen].append((variant, tuple(a for a in path if group_of[a] == chosen)))
    return [Sublog(part, log.weights) for part in parts]


def _by_round(log: Sublog, groups: list[list[int]]) -> list[Sublog]:
    """(the visits to the body, the ways back); a body that was left out counts as an empty one."""
    back = frozenset(groups[1])
    visits: list[tuple[int, Path]] = []
    ways: list[tuple[int, Path]] = []
    for variant, path in log.pieces:
        runs = [(returning, tuple(run)) for returning, run in groupby(path, back.__contains__)]
        if not runs or runs[0][0]:
            runs.insert(0, (False, ()))
        if runs[-1][0]:
            runs.append((False, ()))
        for returning, run in runs:
            (ways if returning else visits).append((variant, run))
    return [Sublog(visits, log.weights), Sublog(ways, log.weights)]
