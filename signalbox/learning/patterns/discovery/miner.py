"""The inductive miner: a process tree by divide and conquer on the directly-follows graph.

After Leemans, Fahland and van der Aalst (2013), with the noise filter of the infrequent variant
(2014), which here comes first: otherwise one swap of two steps makes them parallel for good. With
nothing filtered out the tree replays every case it is given.
"""

from __future__ import annotations

from collections.abc import Iterable

from signalbox.learning.patterns.discovery import tree
from signalbox.learning.patterns.discovery.cuts import cut_of
from signalbox.learning.patterns.discovery.fallbacks import (
    begun_anew,
    beside_all,
    in_the_way,
    single,
)
from signalbox.learning.patterns.discovery.splits import divided
from signalbox.learning.patterns.discovery.sublog import Path, Sublog, follows_graph
from signalbox.learning.patterns.discovery.tree import NOTHING, Shape, Tree

DEEPEST = 60
"""Blocks within blocks beyond which what is left may run in any order."""


def mined(paths: Iterable[tuple[Path, int]], noise: float = 0.0) -> Tree:
    """The tree of ``paths``: (activities of a variant, how many cases went that way).

    ``noise`` in [0, 1): what is rarer than this share of its most frequent alternative is left out
    of a graph that can be cut without it. 0 leaves out nothing.
    """
    listed = list(paths)
    pieces = [(variant, path) for variant, (path, _) in enumerate(listed)]
    return _tree(Sublog(pieces, tuple(weight for _, weight in listed)), noise, 0)


def _tree(log: Sublog, noise: float, depth: int) -> Tree:
    empty, total = log.weight(lambda path: not path), log.weight(lambda path: True)
    filled = log.only(bool)
    if not filled.pieces:
        return NOTHING
    if empty:
        inner = _tree(filled, noise, depth)
        return inner if empty < noise * total else tree.one([inner, NOTHING])
    activities = log.activities
    if len(activities) == 1:
        return _repeated(log, activities[0], noise, total)
    if depth >= DEEPEST:
        return _anything(log)
    graph = follows_graph(log)
    found = (cut_of(graph.without_noise(noise)) if noise else None) or cut_of(graph)
    if found:
        shape, places = found
        groups = [[graph.activities[at] for at in part] for part in places]
        parts = divided(log, shape, groups)
        trees = [_tree(part, noise, depth + 1) for part in parts]
        if shape is Shape.LOOP:
            # The body is visited once more than it is gone back to.
            return tree.loop(trees[0], trees[1], parts[0].most_extra(log))
        return _put_together(shape, trees)
    return _fallen_back(log, noise, depth)


def _put_together(shape: Shape, trees: list[Tree]) -> Tree:
    if shape is Shape.ONE:
        # A part that noise left without a piece is no choice.
        return tree.one([part for part in trees if part != NOTHING])
    return tree.every(trees) if shape is Shape.ALL else tree.sequence(trees)


def _fallen_back(log: Sublog, noise: float, depth: int) -> Tree:
    for find in (beside_all, in_the_way):
        alone = find(log)
        if alone is not None:
            others = [activity for activity in log.activities if activity != alone]
            parts = [log.projected(kept) for kept in ([alone], others)]
            return tree.every([_tree(part, noise, depth + 1) for part in parts])
    anew = begun_anew(log, follows_graph(log))
    if anew:
        return tree.loop(_tree(anew, noise, depth + 1), NOTHING, anew.most_extra(log))
    return _anything(log)


def _repeated(log: Sublog, activity: int, noise: float, total: int) -> Tree:
    """One activity, once or more."""
    often = log.weight(lambda path: len(path) > 1)
    if often == 0 or often < noise * total:
        return tree.step(activity)
    return tree.loop(tree.step(activity), NOTHING, log.cut_up(single).most_extra(log))


def _anything(log: Sublog) -> Tree:
    """Any of the activities, over and over."""
    choice = tree.one([tree.step(activity) for activity in log.activities])
    return tree.loop(choice, NOTHING, log.cut_up(single).most_extra(log))
