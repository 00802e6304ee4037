"""Which paths share a handle of durable-rules: as many as its matcher has room for.

Every handle costs its own parsing of the fact, so fewer are faster. Its network is a tree of
terms in which paths that begin alike share their nodes. To match a fact it takes one node from a
stack, puts those of its children that hold on the stack, and fails when that would be more than
64 nodes. ``stack_needed`` bounds that from above, whatever the fact.
"""

from __future__ import annotations

import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from rules.encoding import Path, Term, fact_index

SHARD_STACK = 56
"""Of the 64 there are."""
SHARD_PATHS = 128
"""A node may have 512 children and end 256 rules."""
SHARD_PROPERTIES = 200
"""A fact may have 254."""

_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "$neq": operator.ne,
    "$lt": operator.lt,
    "$lte": operator.le,
    "$gt": operator.gt,
    "$gte": operator.ge,
}

Numbered = tuple[int, Path]
"""(rule, one of its paths)."""


def shards(numbered: Iterable[Numbered], sizes: Sequence[int]) -> list[list[Numbered]]:
    """The paths in shards; ``sizes`` is the number of properties each fact can be sent as."""
    rest = _alike_together(list(numbered))
    parts: list[list[Numbered]] = []
    while rest:
        count = min(SHARD_PATHS, len(rest))
        while count > 1 and not _fits(rest[:count], sizes):
            count = count * 3 // 4
        parts.append(rest[:count])
        rest = rest[count:]
    return parts


def stack_needed(paths: Iterable[Path]) -> int:
    """The most nodes that can lie on the stack of a handle that matches ``paths``.

    While a node is looked at, those that wait are its siblings, the siblings of its parent, and
    so on: of the children of each node as many as can hold at once.
    """
    root: dict[Term, Any] = {}
    for path in paths:
        node = root
        for term in path:
            node = node.setdefault(term, {})
    needed, open_nodes = 1, [(root, 0)]
    while open_nodes:
        node, waiting = open_nodes.pop()
        if node:
            holding = most_at_once(node)
            needed = max(needed, waiting + holding)
            open_nodes += [(child, waiting + holding - 1) for child in node.values()]
    return needed


def most_at_once(terms: Iterable[Term]) -> int:
    """The most of these different terms that can hold for one fact."""
    by_property: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, comparison, number in terms:
        by_property[name].append((comparison, number))
    return sum(map(_most_of_one_property, by_property.values()))


def _most_of_one_property(tests: list[tuple[str, int]]) -> int:
    # What holds changes at the literals only.
    values = {number + step for _, number in tests for step in (-1, 0, 1)}
    return max(sum(_HOLDS[name](value, number) for name, number in tests) for value in values)


def _alike_together(numbered: list[Numbered]) -> list[Numbered]:
    """Each path with its most shared terms first, and paths that begin alike side by side."""
    shared = Counter(chain.from_iterable(path for _, path in numbered))

    def sharing_first(term: Term) -> tuple[int, bool, Term]:
        return -shared[term], term[1] != "", term

    ordered = sorted((tuple(sorted(path, key=sharing_first)), rule) for rule, path in numbered)
    return [(rule, path) for path, rule in ordered]


def _fits(part: list[Numbered], sizes: Sequence[int]) -> bool:
    facts = {fact_index(term) for _, path in part for term in path}
    wide = sum(sizes[index] for index in facts) > SHARD_PROPERTIES
    return not wide and stack_needed(path for _, path in part) <= SHARD_STACK
