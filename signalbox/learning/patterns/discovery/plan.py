"""A process tree as a template of the domain: blocks become gateways, loops bounded flows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from signalbox.domain.base import MAX_NAME
from signalbox.domain.template import (
    END,
    MAX_ROUNDS,
    START,
    Activity,
    Flow,
    Gateway,
    GatewayKind,
    Template,
)
from signalbox.learning.patterns.discovery.tree import Shape, Tree

HEADROOM = 2
"""A loop may go back this many times as often as any case it was made from did: every loop of a
template needs a bound, and what was seen so far is none."""
_LONGEST = 100
_OTHER = re.compile(r"[^a-z0-9]+")


def bound(loop: Tree) -> int:
    """How often a case may go back in a loop."""
    return min(MAX_ROUNDS, HEADROOM * loop.rounds)


def ids_of(names: Iterable[str]) -> list[str]:
    """An id for each name: small letters, digits and hyphens, no two alike, none reserved."""
    taken = {START, END}
    ids = []
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = _OTHER.sub("-", plain).strip("-")[:_LONGEST] or "activity"
        candidate, number = stem, 2
        while candidate in taken:
            candidate, number = f"{stem}-{number}", number + 1
        taken.add(candidate)
        ids.append(candidate)
    return ids


def template_of(tree: Tree, names: Sequence[str], name: str, version: int = 1) -> Template:
    """The template ``name`` that allows what ``tree`` does; ``names`` [activities] by their code.

    Raises pydantic's ValidationError where it has more activities or gateways than a template may.
    """
    return _Plan(names).template(tree, name, version)


class _Plan:
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._ids = ids_of(names)
        self._gateways: list[Gateway] = []
        self._flows: list[Flow] = []
        self._counts: dict[str, int] = {}

    def template(self, tree: Tree, name: str, version: int) -> Template:
        self._flow(self._block(tree, START), END)
        activities = tuple(
            Activity(id=self._ids[code], name=self._names[code][:MAX_NAME])
            for code in tree.activities
        )
        return Template(
            name=name,
            version=version,
            activities=activities,
            gateways=tuple(self._gateways),
            flows=tuple(self._flows),
        )

    def _block(self, tree: Tree, source: str, at_most: int | None = None) -> str:
        """Lay ``tree`` behind ``source`` (the first flow bounded); the node it comes out of."""
        if tree.shape is Shape.NOTHING:
            return source
        if tree.shape is Shape.STEP:
            self._flow(source, self._ids[tree.activity], at_most)
            return self._ids[tree.activity]
        if tree.shape is Shape.SEQUENCE:
            for part in tree.parts:
                source, at_most = self._block(part, source, at_most), None
            return source
        if tree.shape is Shape.LOOP:
            return self._loop(tree, source, at_most)
        word, kind = (
            ("choice", GatewayKind.EXCLUSIVE)
            if tree.shape is Shape.ONE
            else ("all", GatewayKind.PARALLEL)
        )
        split, join = self._pair(word, kind)
        self._flow(source, split, at_most)
        for part in tree.parts:
            self._flow(self._block(part, split), join)
        return join

    def _loop(self, tree: Tree, source: str, at_most: int | None) -> str:
        body, back = tree.parts
        join, split = self._pair("loop", GatewayKind.EXCLUSIVE)
        self._flow(source, join, at_most)
        self._flow(self._block(body, join), split)
        last = self._block(back, split, bound(tree))
        self._flow(last, join, bound(tree) if last == split else None)
        return split

    def _pair(self, word: str, kind: GatewayKind) -> tuple[str, str]:
        number = self._counts[word] = self._counts.get(word, 0) + 1
        # No id of an activity has this letter.
        pair = f"{word}@{number}", f"{word}@{number}.end"
        self._gateways += [Gateway(id=one, kind=kind) for one in pair]
        return pair

    def _flow(self, source: str, target: str, at_most: int | None = None) -> None:
        self._flows.append(Flow(source=source, target=target, at_most=at_most))
