"""Process trees: blocks within blocks, which is what makes what is discovered sound by its make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """How the parts of a tree are run. ``LOOP``: the first, then as often as need be both again."""

    STEP = "step"
    NOTHING = "nothing"
    SEQUENCE = "sequence"
    ONE = "one"
    ALL = "all"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Tree:
    """A process tree; every activity stands in it once.

    ``activity`` is that of a step. ``rounds`` of a loop is how often, at most, one of the cases it
    was made from went back in it (all visits together).
    """

    shape: Shape
    parts: tuple[Tree, ...] = ()
    activity: int = -1
    rounds: int = 0

    @property
    def activities(self) -> list[int]:
        """The activities in it, from left to right."""
        if self.shape is Shape.STEP:
            return [self.activity]
        return [activity for part in self.parts for activity in part.activities]


NOTHING = Tree(Shape.NOTHING)


def step(activity: int) -> Tree:
    """A single activity."""
    return Tree(Shape.STEP, activity=activity)


def sequence(parts: Iterable[Tree]) -> Tree:
    """One after the other; what does nothing is left out."""
    return _joined(Shape.SEQUENCE, [part for part in parts if part != NOTHING])


def every(parts: Iterable[Tree]) -> Tree:
    """All of them, in any order; what does nothing is left out."""
    return _joined(Shape.ALL, [part for part in parts if part != NOTHING])


def one(parts: Iterable[Tree]) -> Tree:
    """One of them; doing nothing is offered once at most, and last."""
    flat = _flat(Shape.ONE, parts)
    kept = [part for part in flat if part != NOTHING]
    return _joined(Shape.ONE, kept + [NOTHING] * (len(kept) < len(flat)))


def loop(body: Tree, back: Tree, rounds: int) -> Tree:
    """``body``, and up to ``rounds`` times ``back`` and ``body`` again."""
    if rounds == 0:
        # Only where the noise that was filtered out held all the rounds.
        return body
    return Tree(Shape.LOOP, (body, back), rounds=rounds)


def _joined(shape: Shape, parts: list[Tree]) -> Tree:
    flat = _flat(shape, parts)
    if len(flat) < 2:
        return flat[0] if flat else NOTHING
    return Tree(shape, tuple(flat))


def _flat(shape: Shape, parts: Iterable[Tree]) -> list[Tree]:
    flat: list[Tree] = []
    for part in parts:
        flat += part.parts if part.shape is shape else [part]
    return flat
