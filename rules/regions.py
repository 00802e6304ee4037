"""Which facts a rule fires for, exactly: over the finitely many cells that its literals cut.

Between neighbouring literals no condition changes its outcome, so one value out of each cell, and
none at all for a fact that may be missing, stand for every value there is. Rules are taken as
alternatives, each a conjunction; sets of alternatives are bit sets.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple, cast

from rules.facts import MAX_INTEGER, Coded, Fact, FactType
from rules.model import Condition, Op, Rule
from rules.operators import holds

Example = dict[str, Coded | None]
"""One value for each fact that matters; None is a missing one."""

STEPS = 50_000
"""How many sets of cells one question may look at."""


class TooLarge(Exception):
    """The question would take more steps than it may."""


class Cells(NamedTuple):
    """The cells of one fact: an example of each, and the alternatives that hold there."""

    fact: Fact
    of: tuple[tuple[Coded | None, int], ...]


class Regions:
    """The alternatives of some rules, and for each fact what holds where.

    A fact that has to be there is never missing: where it is, a person is asked anyway.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._parts: list[tuple[int, tuple[Condition, ...]]] = [
            (index, choice) for index, rule in enumerate(rules) for choice in product(*rule.clauses)
        ]
        self._every = (1 << len(self._parts)) - 1
        self._of_rule = [0] * len(rules)
        for bit, (index, _) in enumerate(self._parts):
            self._of_rule[index] |= 1 << bit
        conditions = [c for _, choice in self._parts for c in choice]
        facts = dict.fromkeys(c.fact for c in conditions)
        self.cells = [self._cut(fact, [c for c in conditions if c.fact == fact]) for fact in facts]

    def alternatives(self, rules: Iterable[int]) -> int:
        """The bits of all alternatives of the rules at these places."""
        mask = 0
        for rule in rules:
            mask |= self._of_rule[rule]
        return mask

    def overlaps(self) -> list[tuple[int, int, Example]]:
        """Every pair of rules that can fire together, with facts for which they do."""
        together = [self._every] * len(self._parts)
        for cells in self.cells:
            on_fact = [0] * len(self._parts)
            for _, holding in cells.of:
                for bit in _bits(holding):
                    on_fact[bit] |= holding
            together = [both & here for both, here in zip(together, on_fact, strict=True)]
        found: dict[tuple[int, int], Example] = {}
        for bit, others in enumerate(together):
            for other in _bits(others & ~((2 << bit) - 1)):
                pair = self._parts[bit][0], self._parts[other][0]
                if pair[0] != pair[1] and pair not in found:
                    found[pair] = self._example(1 << bit | 1 << other)
        return [(first, second, example) for (first, second), example in sorted(
            found.items(), key=lambda item: item[0])]  # fmt: skip

    def possible(self, rule: int) -> bool:
        """Whether the rule can fire at all."""
        return any(
            all(any(holding >> bit & 1 for _, holding in cells.of) for cells in self.cells)
            for bit in _bits(self._of_rule[rule])
        )

    def uncovered(
        self, covering: Iterable[int], inside: int | None = None, steps: int = STEPS
    ) -> Example | None:
        """Facts for which none of the rules ``covering`` fires, and ``inside`` does if given.

        None where there are none. Raises TooLarge.
        """
        covers = self.alternatives(covering)
        within = [0] if inside is None else [1 << bit for bit in _bits(self._of_rule[inside])]
        search = _Search(self.cells, covers, self._last_cells(), steps)
        for demanded in within:
            example = search.outside(demanded)
            if example is not None:
                return example
        return None

    def _last_cells(self) -> list[int]:
        """For each place in ``cells``, the alternatives that ask nothing from there on."""
        read = [{c.fact for c in choice} for _, choice in self._parts]
        done = []
        for place in range(len(self.cells) + 1):
            rest = {cells.fact for cells in self.cells[place:]}
            done.append(sum(1 << bit for bit, facts in enumerate(read) if not facts & rest))
        return done

    def _cut(self, fact: Fact, conditions: Sequence[Condition]) -> Cells:
        values = candidates(fact, conditions)
        holding = [0] * len(values)
        everywhere = (1 << len(values)) - 1
        free = 0
        known: dict[Condition, int] = {}
        for bit, (_, choice) in enumerate(self._parts):
            at = everywhere
            asked = [c for c in choice if c.fact == fact]
            for condition in asked:
                if condition not in known:
                    known[condition] = _where(condition, values)
                at &= known[condition]
            if not asked:
                free |= 1 << bit
                continue
            for place in _bits(at):
                holding[place] |= 1 << bit
        merged: dict[int, Coded | None] = {}
        for value, mask in zip(values, holding, strict=True):
            merged.setdefault(mask | free, value)
        return Cells(fact, tuple((value, mask) for mask, value in merged.items()))

    def _example(self, demanded: int) -> Example:
        example: Example = {}
        for cells in self.cells:
            fitting = [value for value, holding in cells.of if holding & demanded == demanded]
            example[cells.fact.name] = fitting[0]
        return example


class _Search:
    """Walks the facts in order, keeping the alternatives that still hold."""

    def __init__(
        self, cells: Sequence[Cells], covers: int, done: Sequence[int], steps: int
    ) -> None:
        self._cells, self._covers, self._done, self._left = cells, covers, done, steps

    def outside(self, demanded: int) -> Example | None:
        self._closed: set[tuple[int, int]] = set()
        try:
            return self._from(0, self._covers, demanded)
        except RecursionError:
            raise TooLarge from None

    def _from(self, place: int, alive: int, demanded: int) -> Example | None:
        if alive & self._done[place] or (place, alive) in self._closed:
            return None
        if place == len(self._cells):
            return {}
        self._left -= 1
        if self._left < 0:
            raise TooLarge
        cells = self._cells[place]
        # What holds least first: there a gap is likeliest.
        for value, holding in sorted(cells.of, key=lambda cell: (cell[1] & alive).bit_count()):
            if holding & demanded == demanded:
                rest = self._from(place + 1, alive & holding, demanded)
                if rest is not None:
                    return {cells.fact.name: value, **rest}
        self._closed.add((place, alive))
        return None


_RANGES: dict[Op, Callable[[list[int], int], tuple[int, int]]] = {
    Op.LT: lambda numbers, n: (0, bisect_left(numbers, n)),
    Op.LE: lambda numbers, n: (0, bisect_right(numbers, n)),
    Op.GT: lambda numbers, n: (bisect_right(numbers, n), len(numbers)),
    Op.GE: lambda numbers, n: (bisect_left(numbers, n), len(numbers)),
}


def _where(condition: Condition, values: Sequence[Coded | None]) -> int:
    """The places among ``values`` (ascending where they are numbers) at which it holds."""
    if condition.op in _RANGES:
        numbers = [int(value) for value in values if value is not None]
        first, last = _RANGES[condition.op](numbers, cast(int, condition.expected))
        return (1 << last) - (1 << first) if first < last else 0
    mask = 0
    for place, value in enumerate(values):
        mask |= holds(condition, value) << place
    return mask


def candidates(fact: Fact, conditions: Iterable[Condition]) -> list[Coded | None]:
    """One value out of every cell of the fact, and None where it may be missing."""
    literals: dict[Coded, None] = {}
    for condition in conditions:
        expected = condition.expected
        for value in expected if isinstance(expected, tuple) else (expected,):
            if value is not None:
                literals[value] = None
    values: list[Coded | None]
    if fact.type is FactType.BOOLEAN:
        values = [False, True]
    elif fact.numeric:
        numbers = sorted(int(value) for value in literals) or [0]
        near = {n + step for n in numbers for step in (-1, 0, 1)}
        values = [number for number in sorted(near) if abs(number) <= MAX_INTEGER]
    elif fact.enum:
        values = list(fact.enum)
    else:
        values = [*literals, "".join(str(value) for value in literals)[:40] + "?"]
    return values if fact.required else [*values, None]


def shown(example: Example, facts: Iterable[Fact]) -> str:
    """An example in words: ``amount 100.0, tier missing``."""
    by_name = {fact.name: fact for fact in facts}
    told = [
        f"{name} missing" if value is None else f"{name} {by_name[name].shown(value)}"
        for name, value in example.items()
    ]
    return ", ".join(told) or "anything"


def _bits(mask: int) -> Iterable[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
