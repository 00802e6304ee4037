"""Blocks: parts of a plan with one way in and one way out that are sound by their make.

They lie in one list, parts before wholes, so that a fact about all of them is one pass up or down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

EMPTY = 0


class Op(IntEnum):
    """How the parts of a block are run: not at all (a leaf), in turn, all, one, or over again."""

    LEAF = 0
    SEQUENCE = 1
    ALL = 2
    ONE = 3
    LOOP = 4


@dataclass(slots=True)
class Blocks:
    """``parts`` of block n are run as ``op`` says; ``spare`` are those behind a bounded flow.

    A loop has its body as part and the way back as spare. ``step`` is the node of a leaf that is
    an activity, ``choice`` the flow of one that stands for a choice made at an exclusive gateway.
    ``silent`` blocks are made of choices alone. Block 0 is empty.
    """

    op: list[Op] = field(default_factory=lambda: [Op.LEAF])
    parts: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    spare: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    step: list[int | None] = field(default_factory=lambda: [None])
    choice: list[int | None] = field(default_factory=lambda: [None])
    silent: list[bool] = field(default_factory=lambda: [True])

    def __len__(self) -> int:
        return len(self.op)

    def leaf(self, *, step: int | None = None, choice: int | None = None) -> int:
        """A single activity or choice."""
        return self._add(Op.LEAF, (), (), step, choice, step is None)

    def sequence(self, parts: list[int]) -> int:
        """One after the other."""
        parts = [part for part in parts if part != EMPTY]
        if len(parts) < 2:
            return parts[0] if parts else EMPTY
        silent = all(self.silent[part] for part in parts)
        return self._add(Op.SEQUENCE, tuple(parts), (), None, None, silent)

    def every(self, parts: list[int]) -> int:
        """All of them, in any order and at the same time."""
        return self._add(Op.ALL, tuple(parts), (), None, None, False)

    def one(self, parts: list[int], spare: list[int]) -> int:
        """One of them; ``spare`` only as long as their bound allows."""
        return self._add(Op.ONE, tuple(parts), tuple(spare), None, None, False)

    def loop(self, body: int, back: int) -> int:
        """``body``, and as long as the bound allows ``back`` and ``body`` again."""
        return self._add(Op.LOOP, (body,), (back,), None, None, False)

    def steps_in(self, block: int) -> set[int]:
        """The nodes of all activities of a block."""
        found: set[int] = set()
        stack = [block]
        while stack:
            one = stack.pop()
            step = self.step[one]
            if step is not None:
                found.add(step)
            stack += (*self.parts[one], *self.spare[one])
        return found

    def _add(
        self,
        op: Op,
        parts: tuple[int, ...],
        spare: tuple[int, ...],
        step: int | None,
        choice: int | None,
        silent: bool,
    ) -> int:
        self.op.append(op)
        self.parts.append(parts)
        self.spare.append(spare)
        self.step.append(step)
        self.choice.append(choice)
        self.silent.append(silent)
        return len(self.op) - 1
