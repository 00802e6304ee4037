"""Cuts of a directly-follows graph: where a process falls into parts (Leemans et al. 2013).

Each function gives groups of places of the graph, two or more, or None where there is no such cut.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from signalbox.learning.patterns.discovery.sublog import FollowsGraph
from signalbox.learning.patterns.discovery.tree import Shape

Groups = list[list[int]]


def cut_of(graph: FollowsGraph) -> tuple[Shape, Groups] | None:
    """The first cut there is, in the order exclusive, sequence, parallel, loop.

    The groups of a sequence are in its order; those of a loop are its body and what leads back.
    """
    if len(graph.activities) < 2:
        return None
    for shape, find in (
        (Shape.ONE, exclusive),
        (Shape.SEQUENCE, in_sequence),
        (Shape.ALL, parallel),
        (Shape.LOOP, looping),
    ):
        groups = find(graph)
        if groups:
            return shape, groups
    return None


def exclusive(graph: FollowsGraph) -> Groups | None:
    """Parts that nothing leads to from one another."""
    return _several(_components(graph.edges > 0))


def in_sequence(graph: FollowsGraph) -> Groups | None:
    """Parts that each lead to all later ones and never back."""
    joined = _reach(graph.edges > 0)
    np.fill_diagonal(joined, False)
    group = np.arange(len(joined))
    while True:
        # Neither way, or both: no order between the two.
        n, label = connected_components(joined == joined.T, directed=False)
        group = label[group]
        if n < 2:
            return None
        if n == len(joined):
            break
        smaller = np.zeros((n, n), bool)
        np.logical_or.at(smaller, (label[:, None], label[None, :]), joined)
        joined = _reach(smaller)
        np.fill_diagonal(joined, False)
    order = np.argsort(-joined.sum(axis=1), kind="stable")
    return [np.flatnonzero(group == part).tolist() for part in order]


def parallel(graph: FollowsGraph) -> Groups | None:
    """Parts of which every activity follows every one of the others, each with begin and end."""
    both = (graph.edges > 0) & (graph.edges > 0).T
    apart = ~both
    np.fill_diagonal(apart, False)
    whole: Groups = []
    odd: Groups = []
    for part in _components(apart):
        complete = graph.first[part].any() and graph.last[part].any()
        (whole if complete else odd).append(part)
    if odd:
        rest = sorted(place for part in odd for place in part)
        if graph.first[rest].any() and graph.last[rest].any():
            whole.append(rest)
        elif whole:
            whole[0] = sorted(whole[0] + rest)
    return _several(sorted(whole))


def looping(graph: FollowsGraph) -> Groups | None:
    """A body with all begins and ends, and parts that lead from its ends to its begins."""
    edges = graph.edges > 0
    first, last = graph.first > 0, graph.last > 0
    body = first | last
    outer = np.flatnonzero(~body)
    if not len(outer):
        return None
    back: list[int] = []
    for part in _components(edges[np.ix_(outer, outer)]):
        places = outer[part]
        # Entered from all ends or none, and from nothing else of the body; left alike.
        into, out = edges[:, places], edges[places, :].T
        if all(
            not ways[body & ~ends].any()
            and (ways[ends].all(axis=0) == ways[ends].any(axis=0)).all()
            for ways, ends in ((into, last), (out, first))
        ):
            back += places.tolist()
    if not back:
        return None
    return [sorted(set(range(len(edges))) - set(back)), sorted(back)]


def _components(linked: np.ndarray) -> Groups:
    n, label = connected_components(linked, directed=False)
    return [np.flatnonzero(label == part).tolist() for part in range(n)]


def _several(groups: Groups) -> Groups | None:
    return groups if len(groups) > 1 else None


def _reach(linked: np.ndarray) -> np.ndarray:
    """Whether a path of one edge or more leads from row to column."""
    reach = linked
    while True:
        further = reach | (reach.astype(np.float32) @ reach.astype(np.float32) > 0)
        if (further == reach).all():
            return reach
        reach = further
