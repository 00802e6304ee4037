"""The first evaluator: tables in plain Python, which also give the trace.

The literals a rule set compares a fact with cut the values of that fact into a few cells, and
inside a cell no condition changes its outcome. So all outcomes are worked out once, when the set
is loaded; evaluating is one look-up per fact and a handful of operations on bit sets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from rules.facts import Coded, Fact
from rules.model import Condition, Rule
from rules.operators import holds

Outcome = tuple[Condition, bool]


class Cell(NamedTuple):
    """Values of one fact that no condition tells apart.

    ``satisfied`` has the bit of every clause some condition on this fact makes true;
    ``outcomes`` follows the order of the conditions on this fact, rule by rule.
    """

    satisfied: int
    outcomes: tuple[Outcome, ...]


class Match(NamedTuple):
    """Bit sets over the rules: those that fire, and those one clause short of it."""

    fired: int
    near: int


class PythonEvaluator:
    """Tables for a fixed list of rules; ``find`` holds the look-up of each fact."""

    def __init__(self, facts: Sequence[Fact], rules: Sequence[Rule]) -> None:
        self._count = len(rules)
        self._every_rule = (1 << len(rules)) - 1
        used: dict[str, list[tuple[Condition, int]]] = {fact.name: [] for fact in facts}
        self._all_clauses = 0
        owners: dict[str, list[int]] = {fact.name: [] for fact in facts}
        for index, rule in enumerate(rules):
            for level, clause in enumerate(rule.clauses):
                bit = self.clause_bit(index, level)
                self._all_clauses |= bit
                for condition in clause:
                    used[condition.fact.name].append((condition, bit))
                    owners[condition.fact.name].append(index)
        self.condition_rules: dict[str, tuple[int, ...]] = {
            name: tuple(indices) for name, indices in owners.items()
        }
        self.find = tuple(_cells(fact, used[fact.name]) for fact in facts)

    def clause_bit(self, rule: int, level: int) -> int:
        """Clauses lie in layers, one per position, so that layers can be counted in parallel."""
        return 1 << (level * self._count + rule)

    def match(self, satisfied: int) -> Match:
        """From the clauses that hold (all cells' ``satisfied`` together) to the rules that fire."""
        failing = self._all_clauses & ~satisfied
        every, count = self._every_rule, self._count
        once = twice = 0
        while failing:
            layer = failing & every
            twice |= once & layer
            once |= layer
            failing >>= count
        return Match(every & ~once, once & ~twice)


def _cells(fact: Fact, used: list[tuple[Condition, int]]) -> Callable[[Coded | None], Cell]:
    """The look-up of one fact: from a coded value, or None, to its cell."""
    pairs = [((condition, False), (condition, True)) for condition, _ in used]
    bits = [bit for _, bit in used]

    def cell(value: Coded | None) -> Cell:
        satisfied, outcomes = 0, []
        for condition, pair, bit in zip(conditions, pairs, bits, strict=True):
            true = holds(condition, value)
            outcomes.append(pair[true])
            if true:
                satisfied |= bit
        return Cell(satisfied, tuple(outcomes))

    conditions = [condition for condition, _ in used]
    missing = cell(None)
    literals = _literals(conditions)
    if fact.numeric:
        return _numeric_cells([int(value) for value in literals], missing, cell)
    by_value: dict[Coded | None, Cell] = {value: cell(value) for value in literals}
    by_value[None] = missing
    # No value equals an object of its own: this is the cell of whatever no rule names.
    other = cell(cast(Coded, object()))
    return lambda value: by_value.get(value, other)


def _numeric_cells(
    literals: Sequence[int], missing: Cell, cell: Callable[[int], Cell]
) -> Callable[[Coded | None], Cell]:
    """Cells of integers: below the first literal, at it, between it and the next, and so on.

    ``cell`` works out the cell of one value.
    """
    # Every cell but the lowest begins at a literal or right after one.
    begins = sorted({literal + step for literal in literals for step in (0, 1)})
    cells = [cell(begins[0] - 1 if begins else 0), *map(cell, begins)]

    def find(value: Coded | None) -> Cell:
        return missing if value is None else cells[bisect_right(begins, value)]

    return find


def _literals(conditions: Sequence[Condition]) -> set[Coded]:
    values: set[Coded] = set()
    for condition in conditions:
        if isinstance(condition.expected, tuple):
            values.update(condition.expected)
        elif condition.expected is not None:
            values.add(condition.expected)
    return values
