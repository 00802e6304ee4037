"""What follows where rules of one table fire together: decided on the bits both evaluators gave.

Neither evaluator knows of hit policies. Each says which rules match; only what they agree on is
settled here, so a policy can neither hide a disagreement nor be evaluated in two ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rules.model import Definition, Group, Hit, Rule
from rules.verdict import members


class Settled(NamedTuple):
    """Bit sets over the rules: those that act, and those a row before them kept from it."""

    acting: int
    shadowed: int
    doubts: tuple[str, ...]


class HitPolicies:
    """The groups of one rule set in which it matters that several rules fire."""

    def __init__(self, rules: Sequence[Rule], groups: Sequence[Group]) -> None:
        self._rules = rules
        places = {rule.id: index for index, rule in enumerate(rules)}
        self._first: list[int] = []
        self._unique: list[tuple[str, int]] = []
        for group in groups:
            narrowing = guarding = 0
            for name in group.members:
                rule = rules[places[name]]
                narrowing |= rule.narrows << places[name]
                guarding |= rule.guards << places[name]
            if group.hit is Hit.FIRST and narrowing:
                self._first.append(narrowing)
            elif group.hit is Hit.UNIQUE and narrowing | guarding:
                # What permits is left out: with one permit fewer nothing may be granted.
                self._unique.append((group.name, narrowing | guarding))

    def __bool__(self) -> bool:
        return bool(self._first or self._unique)

    def settle(self, fired: int) -> Settled:
        """Guards and permits always act; of what narrows, a FIRST group lets only one."""
        shadowed = 0
        for group in self._first:
            hits = fired & group
            shadowed |= hits & (hits - 1)
        doubts = []
        for name, group in self._unique:
            hits = fired & group
            if hits & (hits - 1):
                ids = ", ".join(self._rules[index].id for index in members(hits))
                doubts.append(f"only one row of '{name}' may fire, and these do: {ids}")
        return Settled(fired & ~shadowed, shadowed, tuple(doubts))


def policies_of(definition: Definition) -> HitPolicies | None:
    """The hit policies of a rule set; None where every rule that fires acts."""
    policies = HitPolicies(definition.all_rules, definition.groups)
    return policies if policies else None
