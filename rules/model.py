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


class Hit(StrEnum):
    """What follows where several rows of one table, or rules of one section, fire together.

    It is about what narrows (force, forbid, fallback). Guards combine by the most restrictive and
    permits are collected whatever it says: no order and no overlap may take a guard back.
    """

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    COLLECT = "COLLECT"
    MOST_RESTRICTIVE = "MOST_RESTRICTIVE"


@dataclass(frozen=True, slots=True)
class Condition:
    """``fact op expected``; ``expected`` is coded, a tuple for in/not_in, None for present."""

    fact: Fact
    op: Op
    expected: Coded | tuple[Coded, ...] | None = None
    # The same without their order, in which they are found at once.
    members: frozenset[Coded] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        listed = self.expected if isinstance(self.expected, tuple) else ()
        object.__setattr__(self, "members", frozenset(listed))

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
    """A narrowing rule (force, forbid, fallback), a guard or a permit. Fires when all clauses hold.

    ``verdict`` is None for what narrows, ALLOW for a permit, else the verdict of a guard. Options
    may be written ``$name``: bound when the set is loaded. ``unbounded`` says why a permit needs
    no upper bound.
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
    unbounded: str = ""

    @property
    def narrows(self) -> bool:
        return self.verdict is None

    @property
    def permits(self) -> bool:
        return self.verdict is Verdict.ALLOW

    @property
    def guards(self) -> bool:
        return self.verdict is not None and self.verdict is not Verdict.ALLOW

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
class Group:
    """Rules under one hit policy: the rows of a table, or a section of a YAML file.

    ``gaps`` says why some combinations may be left out; ``table`` is whether it came as CSV.
    """

    name: str
    hit: Hit
    members: tuple[str, ...]
    gaps: str = ""
    table: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole rule set. ``bindings`` maps each declared name to whether it must be bound.

    ``closed``: nothing is decided without a person unless a permit fires, be there any or none.
    ``places`` says where a fact (``facts.x``) or a binding (``bindings.x``) is declared.
    """

    name: str
    version: str
    kind: str
    schema: FactSchema
    rules: tuple[Rule, ...] = ()
    guards: tuple[Rule, ...] = ()
    bindings: Mapping[str, bool] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    file: str = ""
    permits: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict, compare=False)
    closed: bool = False

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        return self.rules + self.guards + self.permits

    def digest(self, bound: Mapping[str, str]) -> str:
        """sha256 of everything that bears on a verdict or its trace; cases and lines do not.

        What a set does not use is left out, so that its digest outlives what is added here.
        """
        optional = {
            "closed": self.closed,
            "permits": [permit.canonical() for permit in self.permits],
            "hit": [
                [group.hit.value, list(group.members)]
                for group in self.groups
                if group.hit in (Hit.FIRST, Hit.UNIQUE)
            ],
        }
        return digest_of(
            {name: value for name, value in optional.items() if value}
            | {
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
