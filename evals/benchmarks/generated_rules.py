"""Seeded rule sets and facts for the rules benchmark and for differential tests.

Rules single out a minority, as authored ones do: a condition holds for about a third of the facts,
so that three or four of a hundred three-condition rules fire. ``dense`` drops that: literals
anywhere in the range, one rule in ten fires. Facts made for the fuzz sit on a literal, or right
beside it, half of the time.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from rules.facts import Coded, Fact, FactSchema, FactType
from rules.model import Clause, Condition, Definition, Op, Rule
from signalbox.domain.enums import Verdict

_KINDS = (
    *[FactType.INTEGER] * 8,
    *[FactType.DECIMAL] * 5,
    *[FactType.STRING] * 6,
    *[FactType.BOOLEAN] * 6,
)
_WORDS = ("red", "orange", "yellow", "green", "blue", "violet")
_OPTIONS = tuple(f"team-{number}" for number in range(8))
_TOPS = {FactType.INTEGER: 1000, FactType.DECIMAL: 100_000}
_SELECTIVE = (Op.EQ, Op.EQ, Op.EQ, Op.IN, Op.IN, Op.NE)
_ORDERED = (Op.LT, Op.LE, Op.GT, Op.GE)


def generated_schema(n_facts: int, *, optional_every: int = 5) -> FactSchema:
    """Facts of all four types in fixed proportion; every n-th is optional."""
    facts = []
    for index in range(n_facts):
        kind = _KINDS[index % len(_KINDS)]
        enum = _WORDS if kind is FactType.STRING and index % 2 else ()
        places = 2 if kind is FactType.DECIMAL else 0
        required = index % optional_every != 0
        facts.append(Fact(f"fact_{index}", kind, required, enum, places=places))
    return FactSchema(tuple(facts))


def generated_definition(
    rng: random.Random,
    n_rules: int,
    n_facts: int,
    *,
    conditions: int = 3,
    dense: bool = False,
    groups: bool = False,
) -> Definition:
    """``n_rules`` rules of ``conditions`` conditions on different facts; a third are guards."""
    schema = generated_schema(n_facts)
    narrowing: list[Rule] = []
    guards: list[Rule] = []
    for index in range(n_rules):
        facts = rng.sample(schema.facts, min(conditions, n_facts))
        clauses: list[Clause] = [(_condition(rng, fact, dense),) for fact in facts]
        if groups and rng.random() < 0.3:
            clauses[0] = (*clauses[0], _condition(rng, rng.choice(schema.facts), dense))
        rule = _rule(rng, f"rule-{index}", tuple(clauses))
        (narrowing if rule.verdict is None else guards).append(rule)
    return Definition("generated", "1", "generated", schema, tuple(narrowing), tuple(guards))


def generated_facts(
    rng: random.Random, schema: FactSchema, literals: Mapping[str, Sequence[Coded]]
) -> dict[str, Any]:
    """One set of facts; half of the values come from ``literals``, if given, or one step beside."""
    given: dict[str, Any] = {}
    for fact in schema.facts:
        if not fact.required and rng.random() < 0.15:
            continue
        near = literals.get(fact.name, ())
        if near and rng.random() < 0.5:
            coded = rng.choice(near)
            if fact.numeric:
                coded = int(coded) + rng.choice((-1, 0, 1))
            given[fact.name] = fact.shown(coded)
        else:
            given[fact.name] = fact.shown(_value(rng, fact))
    return given


def literals_of(definition: Definition) -> dict[str, Sequence[Coded]]:
    """The values each fact is compared with."""
    found: dict[str, list[Coded]] = {}
    for rule in definition.all_rules:
        for clause in rule.clauses:
            for condition in clause:
                expected = condition.expected
                values = expected if isinstance(expected, tuple) else (expected,)
                known = found.setdefault(condition.fact.name, [])
                known.extend(value for value in values if value is not None)
    return {name: sorted(set(values)) for name, values in found.items()}


def _rule(rng: random.Random, name: str, clauses: tuple[Clause, ...]) -> Rule:
    option = rng.choice(_OPTIONS)
    match rng.randrange(6):
        case 0:
            return Rule(name, clauses, "generated", "nobody", force=option)
        case 1 | 2:
            return Rule(name, clauses, "generated", "nobody", forbid=(option,))
        case 3:
            return Rule(name, clauses, "generated", "nobody", fallback=option)
        case 4:
            return Rule(name, clauses, "generated", "nobody", verdict=Verdict.DENY)
        case _:
            return Rule(name, clauses, "generated", "nobody", verdict=Verdict.REQUIRE_APPROVAL)


def _condition(rng: random.Random, fact: Fact, dense: bool) -> Condition:
    if not fact.required and rng.random() < 0.1:
        return Condition(fact, rng.choice((Op.PRESENT, Op.ABSENT)))
    value = _value(rng, fact)
    if fact.numeric:
        return _ordered(rng, fact, int(value), dense)
    if fact.type is FactType.BOOLEAN:
        return Condition(fact, Op.EQ, value if dense else rng.random() < 0.7)
    op = rng.choice((Op.EQ, Op.EQ, Op.EQ, Op.IN, Op.NE, Op.NOT_IN) if dense else _SELECTIVE)
    if op in (Op.IN, Op.NOT_IN):
        return Condition(fact, op, tuple(rng.sample(_WORDS, 2)))
    return Condition(fact, op, value)


def _ordered(rng: random.Random, fact: Fact, value: int, dense: bool) -> Condition:
    op = rng.choice(_ORDERED)
    if not dense:
        top = _TOPS[fact.type]
        tail = rng.randint(top // 20, top * 3 // 5)
        value = tail if op in (Op.LT, Op.LE) else top - tail
    return Condition(fact, op, value)


def _value(rng: random.Random, fact: Fact) -> Coded:
    match fact.type:
        case FactType.INTEGER:
            return rng.randrange(_TOPS[fact.type])
        case FactType.DECIMAL:
            return rng.randrange(_TOPS[fact.type])
        case FactType.STRING:
            return rng.choice(_WORDS)
        case FactType.BOOLEAN:
            return rng.random() < 0.3
