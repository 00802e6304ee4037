"""Blocks: parts of a plan with one way in and one way out that are sound by their make.

They lie in one list, parts before wholes, so that a fact about all of them is one pass up or down.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

EMPTY = 0


class Op(IntEnum):
    """How the parts of a block are run: not at all (a leaf), in turn, all, one, or over again."""

    LEAF = 0
    SEQUENCE = 1
    ALL = 2
    ONE = 3
    LOOP = 4


class Block(NamedTuple):
    """``parts`` are the places of its parts, ``spare`` of those behind a bounded flow.

    A loop has its body as part and the way back as spare. ``step`` is the node of a leaf that is
    an activity, ``choice`` the flow of one that stands for a choice made at an exclusive gateway.
    ``silent`` blocks are made of choices alone.
    """

    op: Op = Op.LEAF
    parts: tuple[int, ...] = ()
    spare: tuple[int, ...] = ()
    step: int | None = None
    choice: int | None = None
    silent: bool = False


class Blocks(list[Block]):
    """Blocks by their places. The one at place 0 is empty."""

    def __init__(self) -> None:
        super().__init__([Block(silent=True)])

    def leaf(self, *, step: int | None = None, choice: int | None = None) -> int:
        """A single activity or choice."""
        return self._added(Block(step=step, choice=choice, silent=step is None))

    def sequence(self, *parts: int) -> int:
        """One after the other; empty ones are left out."""
        kept = tuple([part for part in parts if part != EMPTY])
        if len(kept) < 2:
            return kept[0] if kept else EMPTY
        silent = True
        for part in kept:
            silent = silent and self[part].silent
        return self._added(Block(Op.SEQUENCE, kept, silent=silent))

    def every(self, parts: list[int]) -> int:
        """All of them, in any order and at the same time."""
        return self._added(Block(Op.ALL, tuple(parts)))

    def one(self, parts: list[int], spare: list[int]) -> int:
        """One of them; ``spare`` only as long as their bound allows."""
        return self._added(Block(Op.ONE, tuple(parts), tuple(spare)))

    def loop(self, body: int, back: int) -> int:
        """``body``, and as long as the bound allows ``back`` and ``body`` again."""
        return self._added(Block(Op.LOOP, (body,), (back,)))

    def steps_in(self, block: int) -> set[int]:
        """The nodes of all activities of a block."""
        found: set[int] = set()
        stack = [block]
        while stack:
            one = self[stack.pop()]
            if one.step is not None:
                found.add(one.step)
            stack += (*one.parts, *one.spare)
        return found

    def _added(self, block: Block) -> int:
        self.append(block)
        return len(self) - 1
