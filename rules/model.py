"""A rule set as data: what a file says once it is parsed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.facts import Coded, Fact, FactSchema, Scalar
from signalbox.domain.base import digest_of
from signalbox.domain.enums import Verdict

MAX_RULES = 1000
MAX_CLAUSES = 16
MAX_ALTERNATIVES = 32


class Op(StrEnum):
    """Comparison of a fact with a literal. With a fact that is missing only ABSENT is true."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Condition:
    """``fact op expected``; ``expected`` is coded, a tuple for in/not_in, None for present."""

    fact: Fact
    op: Op
    expected: Coded | tuple[Coded, ...] | None = None

    @property
    def shown(self) -> Scalar | list[Scalar] | None:
        """``expected`` as people and JSON see it."""
        if isinstance(self.expected, tuple):
            return [self.fact.shown(value) for value in self.expected]
        return None if self.expected is None else self.fact.shown(self.expected)

    def canonical(self) -> list[Any]:
        return [self.fact.name, self.op.value, self.shown]


Clause = tuple[Condition, ...]
"""At least one of these has to hold; one condition unless the author wrote an ``any`` group."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A narrowing rule (force, forbid, fallback) or, when ``verdict`` is set, a guard.

    Options may be written ``$name``: bound when the set is loaded. Fires when every clause holds.
    """

    id: str
    clauses: tuple[Clause, ...]
    why: str = ""
    owner: str = ""
    force: str | None = None
    forbid: tuple[str, ...] = ()
    fallback: str | None = None
    verdict: Verdict | None = None
    line: int = field(default=0, compare=False)

    @property
    def effect(self) -> str:
        """What it asks for, in one short line."""
        if self.verdict is not None:
            return self.verdict.word
        parts = [f"force {self.force}"] if self.force is not None else []
        parts += [f"forbid {', '.join(self.forbid)}"] if self.forbid else []
        parts += [f"fallback {self.fallback}"] if self.fallback is not None else []
        return "; ".join(parts)

    def canonical(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "why": self.why,
            "owner": self.owner,
            "when": [[c.canonical() for c in clause] for clause in self.clauses],
            "effect": [self.force, list(self.forbid), self.fallback, self.verdict],
        }


@dataclass(frozen=True, slots=True)
class Case:
    """An embedded example: given these facts and options, expect this verdict."""

    name: str
    given: Mapping[str, Any]
    options: tuple[str, ...]
    expect: Mapping[str, Any]
    unbound: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole rule set. ``bindings`` maps each declared name to whether it must be bound."""

    name: str
    version: str
    kind: str
    schema: FactSchema
    rules: tuple[Rule, ...] = ()
    guards: tuple[Rule, ...] = ()
    bindings: Mapping[str, bool] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    file: str = ""

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        return self.rules + self.guards

    def digest(self, bound: Mapping[str, str]) -> str:
        """sha256 of everything that bears on a verdict or its trace; cases and lines do not."""
        return digest_of(
            {
                "name": self.name,
                "version": self.version,
                "kind": self.kind,
                "facts": [
                    [f.name, f.type, f.required, list(f.enum), f.max_length, f.places]
                    for f in self.schema.facts
                ],
                "rules": [rule.canonical() for rule in self.rules],
                "guards": [guard.canonical() for guard in self.guards],
                "bindings": [dict(self.bindings), dict(bound)],
            }
        )
