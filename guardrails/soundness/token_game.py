"""The token game on a kernel: every marking that can come about, and what is wrong with any.

A marking is the set of edges that hold a token, as the bits of a number. Gateways and activities
make a free-choice net, and a sound free-choice net never has two tokens in one place (van der
Aalst 2000): the first second token settles the matter, so that there are finitely many markings.

Without shape findings the unbounded flows form no cycle and every gateway has one. Taking only
those, a case comes to a stop somewhere; so it can always complete if no stop is a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from guardrails.soundness.finding import Code, Finding, listed
from guardrails.soundness.graph import END_NODE, START_NODE
from guardrails.soundness.kernel import Kernel

BUDGET = 10_000
"""How many markings of one plan are looked at, unless told otherwise."""
_FIRINGS_EACH = 10
_SAME_KIND = "join branches by a gateway of the kind that split them"


class TooManyStates(Exception):
    """An answer would take more looking than the budget allows."""


@dataclass(frozen=True, slots=True)
class Firing:
    """From one place in ``Space.markings`` to another; ``used`` are the edges it emptied."""

    before: int
    after: int
    used: int


@dataclass(slots=True)
class Space:
    """All markings, the first one first, and the firings between them.

    ``final`` are the places of those with one token at the end and none elsewhere.
    """

    markings: list[int]
    firings: list[Firing] = field(default_factory=list)
    final: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def played(kernel: Kernel, budget: int = BUDGET) -> Space:
    """Every marking of the kernel, and findings where it is not sound.

    More than ``budget`` markings, or ten times as many firings, are not looked at: that is a
    finding of its own.
    """
    game = _Game(kernel)
    space = Space([game.initial])
    place = {game.initial: 0}
    for at, marking in _growing(space.markings):
        if at >= budget or len(space.firings) > _FIRINGS_EACH * budget:
            space.findings += [_too_complex(budget), *game.findings]
            return space
        if marking & game.ending:
            if marking & (marking - 1):
                game.left_behind(marking)
            else:
                space.final.append(at)
            continue
        moved = False
        for used, made in game.moves(marking):
            moved = True
            if marking & ~used & made:
                game.doubled(marking & ~used & made)
                continue
            after = marking & ~used | made
            if after not in place:
                place[after] = len(space.markings)
                space.markings.append(after)
            space.firings.append(Firing(at, place[after], used))
        if not moved:
            game.stuck(marking)
    space.findings += game.findings
    if not any(found.code is Code.NOT_SYNCHRONISED for found in game.findings):
        space.findings += _dead(kernel, space.markings)
    return space


def bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def _growing(markings: list[int]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(markings):
        yield at, markings[at]
        at += 1


class _Game:
    """The moves of a kernel, and the faults met; a fault at one place is told once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.findings: list[Finding] = []
        self.initial = self.ending = 0
        self._ins: dict[int, int] = {}
        self._outs: dict[int, list[int]] = {}
        for number, edge in enumerate(kernel.edges):
            bit = 1 << number
            self._ins[edge.target] = self._ins.get(edge.target, 0) | bit
            self._outs.setdefault(edge.source, []).append(bit)
            self.initial |= bit if edge.source == START_NODE else 0
            self.ending |= bit if edge.target == END_NODE else 0

    def moves(self, marking: int) -> Iterator[tuple[int, int]]:
        """(edges whose token is taken, edges that get one)."""
        for number in bits(marking):
            bit = 1 << number
            node = self._kernel.edges[number].target
            if node not in self._kernel.parallel:
                for made in self._outs[node]:
                    yield bit, made
                continue
            needed = self._ins[node]
            if needed & -needed == bit and needed & ~marking == 0:
                yield needed, sum(self._outs[node])

    def left_behind(self, marking: int) -> None:
        ids = self._onward(marking & ~self.ending)
        message = f"the case can end while work is still going on towards {listed(ids, 'the end')}"
        fix = "join parallel branches by a parallel gateway before the end"
        self._found(Code.LEFT_BEHIND, ids, message, fix)

    def doubled(self, edges: int) -> None:
        nodes = sorted({self._kernel.edges[number].source for number in bits(edges)})
        ids = tuple(self._kernel.names[node] for node in nodes)
        message = (
            f"parallel branches meet unsynchronised: {listed(ids)} may be passed twice at once"
        )
        self._found(Code.NOT_SYNCHRONISED, ids, message, _SAME_KIND)

    def stuck(self, marking: int) -> None:
        ids = self._onward(marking)
        message = f"the case can get stuck at {listed(ids)}, waiting for a branch that never comes"
        self._found(Code.DEADLOCK, ids, message, _SAME_KIND)

    def _onward(self, marking: int) -> tuple[str, ...]:
        nodes = sorted({self._kernel.edges[number].target for number in bits(marking)})
        return tuple(self._kernel.names[node] for node in nodes if node != END_NODE)

    def _found(self, code: Code, ids: tuple[str, ...], message: str, fix: str) -> None:
        finding = Finding(code=code, ids=ids, message=message, fix=fix)
        if finding not in self.findings:
            self.findings.append(finding)


def _dead(kernel: Kernel, markings: list[int]) -> list[Finding]:
    """The activities that no token ever comes to."""
    seen = 0
    for marking in markings:
        seen |= marking
    steps: set[int] = set()
    for number, edge in enumerate(kernel.edges):
        if not seen >> number & 1:
            steps |= kernel.blocks.steps_in(edge.block)
    if not steps:
        return []
    ids = tuple(kernel.names[step] for step in sorted(steps))
    message = f"{listed(ids)} can never run"
    return [Finding(code=Code.DEAD, ids=ids, message=message, fix="take it out, or lead to it")]


def _too_complex(budget: int) -> Finding:
    return Finding(
        code=Code.TOO_COMPLEX,
        message=f"the plan has more than {budget} states and was not looked at in full",
        fix="nest its gateways: close every split by a join of the same kind",
    )
