"""Sets of facts in which a few values or names are hostile and the rest is ordinary."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evals.benchmarks.fuzz.names import HOSTILE_KEYS, hostile_key
from evals.benchmarks.fuzz.values import VALUES, literal
from rules.facts import Coded
from rules.model import Definition

_MANNERS = ("ordinary", "few", "few", "few", "all")
_CLASSES = (*VALUES, "missing")


class HostileFacts:
    """Draws sets of facts for one rule set; ``counts`` says how many values of each class."""

    def __init__(
        self,
        rng: random.Random,
        definition: Definition,
        literals: Mapping[str, Sequence[Coded]],
    ) -> None:
        self._rng = rng
        self._facts = definition.schema.facts
        self._names = tuple(fact.name for fact in self._facts)
        self._literals = literals
        self.counts: Counter[str] = Counter()

    def draw(self) -> dict[str, Any]:
        """One set: most often every value fits but one or two, so that rules still fire."""
        rng = self._rng
        manner = rng.choice(_MANNERS)
        hostile = {
            "ordinary": frozenset[str](),
            "few": frozenset(rng.choices(self._names, k=2)),
            "all": frozenset(self._names),
        }[manner]
        given: dict[str, Any] = {}
        for fact in self._facts:
            near = self._literals.get(fact.name, ())
            if fact.name in hostile:
                kind = rng.choice(_CLASSES)
                self.counts[kind] += 1
                if kind != "missing":
                    given[fact.name] = VALUES[kind](rng, fact, near)
            elif rng.random() < 0.6:
                given[fact.name] = literal(rng, fact, near)
            else:
                given[fact.name] = VALUES["plain"](rng, fact, near)
        if rng.random() < 0.4:
            kind = rng.choice(HOSTILE_KEYS)
            key = hostile_key(rng, kind, self._names)
            if key not in self._names:
                self.counts[kind] += 1
                # What would satisfy a rule, under a name that no rule reads.
                fact = rng.choice(self._facts)
                given[key] = literal(rng, fact, self._literals.get(fact.name, ()))
        return given
