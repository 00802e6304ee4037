"""What evaluating a rule set answers, and the whole of why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from rules.facts import Scalar
from rules.intake import FactTrace
from rules.model import Rule
from signalbox.domain.enums import Verdict

Evaluators = Literal["both", "python-only"]


class TraceRow(NamedTuple):
    """One condition of one rule. ``expected`` is a list for in/not_in, None for present/absent."""

    rule: str
    fact: str
    op: str
    expected: Scalar | list[Scalar] | None
    got: Scalar | None
    holds: bool
    why: str
    owner: str


class Recorded(NamedTuple):
    """What an evaluation saw, from which the trace is read."""

    rules: Sequence[Rule]
    trace: tuple[FactTrace, ...]
    near: int
    condition_rules: Mapping[str, tuple[int, ...]]


class RuleVerdict(NamedTuple):
    """The typed result of one evaluation.

    ``allowed`` keeps the order of the offered options; ``forced`` and ``fallback``, when set, are
    among them. ``guard`` is the most restrictive of all guards and of everything that failed
    closed; ``reasons`` says why, one line each. ``assumed`` names guards taken to hold because a
    fact they read is missing or malformed. ``disagreement`` is True when the two evaluators
    differ, which denies. ``problems`` names facts that are missing though required, or malformed.
    """

    fired: tuple[str, ...]
    forced: str | None
    forbidden: tuple[str, ...]
    allowed: tuple[str, ...]
    fallback: str | None
    guard: Verdict
    reasons: tuple[str, ...]
    assumed: tuple[str, ...]
    digest: str
    evaluators: Evaluators
    disagreement: bool
    recorded: Recorded
    problems: tuple[str, ...] = ()

    @property
    def trace(self) -> tuple[FactTrace, ...]:
        """Every condition of every rule with its outcome, fact by fact."""
        return self.recorded.trace

    @property
    def near_misses(self) -> tuple[str, ...]:
        """Rules that lacked exactly one of their conditions (an ``any`` group counts as one)."""
        rules = self.recorded.rules
        return tuple([rules[index].id for index in members(self.recorded.near)])

    def rows(self) -> Iterator[TraceRow]:
        """The trace once more, one row per condition, in the order of the file."""
        rules = self.recorded.rules
        by_rule: dict[int, list[TraceRow]] = {index: [] for index in range(len(rules))}
        for fact, got, outcomes in self.trace:
            owners = self.recorded.condition_rules[fact]
            for index, (condition, true) in zip(owners, outcomes, strict=True):
                rule, op = rules[index], condition.op.value
                row = TraceRow(rule.id, fact, op, condition.shown, got, true, rule.why, rule.owner)
                by_rule[index].append(row)
        for rows in by_rule.values():
            yield from rows

    def explain(self, *, everything: bool = False) -> tuple[dict[str, Any], ...]:
        """JSON-ready: rules that fired, were assumed or nearly fired; all of them on request.

        Keys: rule, effect, outcome (fired|assumed|near|no), why, owner, conditions (list of
        fact, op, expected, got, holds).
        """
        outcomes = dict.fromkeys(self.near_misses, "near")
        outcomes |= dict.fromkeys(self.fired, "fired")
        outcomes |= dict.fromkeys(self.assumed, "assumed")
        rules = {rule.id: rule for rule in self.recorded.rules if everything or rule.id in outcomes}
        conditions: dict[str, list[dict[str, Any]]] = {name: [] for name in rules}
        for row in self.rows():
            if row.rule in conditions:
                conditions[row.rule].append(
                    {
                        "fact": row.fact,
                        "op": row.op,
                        "expected": row.expected,
                        "got": row.got,
                        "holds": row.holds,
                    }
                )
        return tuple(
            {
                "rule": name,
                "effect": rule.effect,
                "outcome": outcomes.get(name, "no"),
                "why": rule.why,
                "owner": rule.owner,
                "conditions": conditions[name],
            }
            for name, rule in rules.items()
        )


def members(bits: int) -> list[int]:
    """Positions of the set bits, ascending."""
    positions = []
    while bits:
        lowest = bits & -bits
        positions.append(lowest.bit_length() - 1)
        bits ^= lowest
    return positions
