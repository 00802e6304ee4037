"""What a sound plan promises of the activities that matter: where they run, how often and when.

All activities asked about are looked at in one go: each is a bit, and a fact about all of them is
a number. Only sound plans have promises, since there every beginning can be completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from guardrails.soundness.blocks import Block, Op
from guardrails.soundness.graph import Graph
from guardrails.soundness.kernel import Kernel
from guardrails.soundness.token_game import Space, TooManyStates, bits

_FIRINGS_EACH = 200

Choice = tuple[str, int]
"""An exclusive gateway and which of its flows, counted in their order."""


@dataclass(slots=True)
class Promises:
    """Sets of activities as bits, in the order of ``types``.

    ``avoidable``: some complete run does without. ``without``: some complete run that makes this
    choice does without. ``early``: may not have run yet when this step begins. ``twice``: may run
    twice in one case; ``twice_straight``: even where no bounded flow is taken.
    """

    types: tuple[str, ...]
    avoidable: int = 0
    without: dict[Choice, int] = field(default_factory=dict)
    early: dict[str, int] = field(default_factory=dict)
    twice: int = 0
    twice_straight: int = 0

    def named(self, found: int) -> Iterator[str]:
        """The types among ``found``."""
        return (self.types[bit] for bit in bits(found))


def promises_of(
    graph: Graph, kernel: Kernel, space: Space, types: tuple[str, ...], budget: int
) -> Promises:
    """The promises of a sound plan about ``types`` of activities.

    Raises TooManyStates where the firings, once for each type, are more than 200 times ``budget``.
    """
    facts = _Facts(graph, kernel, space, types)
    promises = Promises(types)
    included = [0] * len(kernel.blocks)
    begun = [0] * len(kernel.blocks)
    groups = facts.by_hindrance()
    if len(groups) * len(space.firings) > _FIRINGS_EACH * budget:
        raise TooManyStates
    for hindrances, asked in groups.items():
        taken, held, completes = facts.runs_without(hindrances)
        promises.avoidable |= asked if completes else 0
        for number, edge in enumerate(kernel.edges):
            included[edge.block] |= asked if taken >> number & 1 else 0
            begun[edge.block] |= asked if held >> number & 1 else 0
    facts.spread(included, begun)
    for place, block in enumerate(kernel.blocks):
        if block.step is not None:
            promises.early[graph.names[block.step]] = begun[place]
        elif block.choice is not None:
            source = graph.source[block.choice]
            key = graph.names[source], graph.outs[source].index(block.choice)
            promises.without[key] = promises.without.get(key, 0) | included[place]
    promises.twice = facts.repeated(facts.once, facts.more, straight=False)
    promises.twice_straight = facts.repeated(
        facts.once_straight, facts.more_straight, straight=True
    )
    return promises


class _Facts:
    """Of every block: what can be left out of it, and what may run in it once or more."""

    def __init__(self, graph: Graph, kernel: Kernel, space: Space, types: tuple[str, ...]) -> None:
        self._kernel = kernel
        self._space = space
        self._all = (1 << len(types)) - 1
        bit = {name: 1 << place for place, name in enumerate(types)}
        self._bit = {
            node: bit[step.type_id] for node, step in graph.steps.items() if step.type_id in bit
        }
        self._free: list[int] = []
        self.once: list[int] = []
        self.more: list[int] = []
        self.once_straight: list[int] = []
        self.more_straight: list[int] = []
        for block in kernel.blocks:
            self._gather(block)
        self._onward: list[list[tuple[int, int, int]]] = [[] for _ in space.markings]
        bounded = sum(1 << n for n, edge in enumerate(kernel.edges) if edge.bounded)
        for firing in space.firings:
            kept = space.markings[firing.before] & ~firing.used
            made = space.markings[firing.after] & ~kept
            self._onward[firing.before].append((firing.after, firing.used, made & bounded))

    def _gather(self, block: Block) -> None:
        op, parts, spare = block.op, block.parts, block.spare
        own = 0 if block.step is None else self._bit.get(block.step, 0)
        free, once, more, once_s, more_s = self._all & ~own, own, 0, own, 0
        if op in (Op.SEQUENCE, Op.ALL):
            for part in parts:
                free &= self._free[part]
                more |= self.more[part] | once & self.once[part]
                more_s |= self.more_straight[part] | once_s & self.once_straight[part]
                once |= self.once[part]
                once_s |= self.once_straight[part]
        elif op is Op.ONE:
            free = 0
            for part in (*parts, *spare):
                free |= self._free[part]
                once |= self.once[part]
                more |= self.more[part]
            for part in parts:
                once_s |= self.once_straight[part]
                more_s |= self.more_straight[part]
        elif op is Op.LOOP:
            body, back = parts[0], spare[0]
            free = self._free[body]
            once = more = self.once[body] | self.once[back]
            once_s, more_s = self.once_straight[body], self.more_straight[body]
        self._free.append(free)
        self.once.append(once)
        self.more.append(more)
        self.once_straight.append(once_s)
        self.more_straight.append(more_s)

    def by_hindrance(self) -> dict[int, int]:
        """Types by the edges that cannot be passed without them."""
        groups: dict[int, int] = {}
        blocking = [self._all & ~self._free[edge.block] for edge in self._kernel.edges]
        for place in range(self._all.bit_length()):
            edges = sum(1 << n for n, types in enumerate(blocking) if types >> place & 1)
            groups[edges] = groups.get(edges, 0) | 1 << place
        return groups

    def runs_without(self, hindrances: int) -> tuple[int, int, bool]:
        """The edges that complete runs take without passing ``hindrances``; those that hold a token
        in any such run, complete or not; and whether a complete one exists."""
        markings = self._space.markings
        seen = {0}
        stack = [0]
        back: dict[int, list[int]] = {}
        while stack:
            before = stack.pop()
            for after, used, _ in self._onward[before]:
                if not used & hindrances:
                    back.setdefault(after, []).append(before)
                    if after not in seen:
                        seen.add(after)
                        stack.append(after)
        complete = {at for at in self._space.final if at in seen and not markings[at] & hindrances}
        stack = list(complete)
        while stack:
            for before in back.get(stack.pop(), ()):
                if before not in complete:
                    complete.add(before)
                    stack.append(before)
        taken = held = 0
        for at in seen:
            held |= markings[at]
            taken |= markings[at] if at in complete else 0
        return taken, held, bool(complete)

    def spread(self, included: list[int], begun: list[int]) -> None:
        """From wholes to their parts: on which runs without a type a block is, and may begin."""
        blocks = self._kernel.blocks
        for place in range(len(blocks) - 1, -1, -1):
            op, parts, spare, _, _, _ = blocks[place]
            within, early = included[place], begun[place]
            for part in parts:
                included[part] |= within & self._free[part]
                begun[part] |= early
                if op in (Op.SEQUENCE, Op.LOOP):
                    early &= self._free[part]
            for part in spare:
                included[part] |= within & self._free[part]
                begun[part] |= early

    def repeated(self, once: list[int], more: list[int], *, straight: bool) -> int:
        """The types that may run twice on one run; ``straight``: on one over unbounded edges."""
        edges = [(once[edge.block], more[edge.block]) for edge in self._kernel.edges]
        if len(edges) == 1:
            return edges[0][1]
        found = 0
        state = [-1] * len(self._onward)
        state[0] = 0
        work = [0]
        # Per marking the types that some run has come through with; a type meeting itself is twice.
        while work:
            before = work.pop()
            for after, used, bounded in self._onward[before]:
                if straight and bounded:
                    continue
                seen, twice = self._passed(state[before], used, edges)
                found |= twice
                if state[after] == -1 or seen & ~state[after]:
                    state[after] = (0 if state[after] == -1 else state[after]) | seen
                    work.append(after)
        for at in self._space.final:
            if state[at] != -1:
                found |= self._passed(state[at], self._space.markings[at], edges)[1]
        return found

    @staticmethod
    def _passed(seen: int, used: int, edges: list[tuple[int, int]]) -> tuple[int, int]:
        twice = 0
        for number in bits(used):
            once, more = edges[number]
            twice |= more | seen & once
            seen |= once
        return seen, twice
