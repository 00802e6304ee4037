"""Properties over random rule sets and facts."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.benchmarks.generated_rules import (
    generated_definition,
    generated_facts,
    literals_of,
)
from rules.facts import Fact, FactType
from rules.model import Definition
from rules.operators import holds
from rules.rule_set import RuleSet

OPTIONS = tuple(f"team-{number}" for number in range(10))
seeds = st.integers(0, 2**32)


def _definition(seed: int) -> tuple[random.Random, Definition]:
    rng = random.Random(seed)
    count, facts, conditions = rng.randint(1, 60), rng.randint(1, 30), rng.randint(1, 6)
    return rng, generated_definition(
        rng, count, facts, conditions=conditions, dense=rng.random() < 0.5, groups=True
    )


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_both_evaluators_and_the_plain_meaning_agree(seed: int) -> None:
    rng, definition = _definition(seed)
    rules, literals = RuleSet(definition), literals_of(definition)
    for _ in range(30):
        facts = generated_facts(rng, definition.schema, literals)
        verdict = rules.evaluate(facts, OPTIONS)
        coded = {
            fact.name: None if facts.get(fact.name) is None else fact.reader()(facts[fact.name])
            for fact in definition.schema.facts
        }
        expected = tuple(
            rule.id
            for rule in definition.all_rules
            if all(any(holds(c, coded[c.fact.name]) for c in clause) for clause in rule.clauses)
        )
        assert verdict.fired == expected
        assert all(
            row.holds == any(c.shown == row.expected and c.op.value == row.op
                             and holds(c, coded[row.fact])
                             for rule in definition.all_rules if rule.id == row.rule
                             for clause in rule.clauses for c in clause
                             if c.fact.name == row.fact)
            for row in verdict.rows()
        )  # fmt: skip
    assert (rules.disagreements, rules.failures) == (0, 0)
    rules.close()


@settings(max_examples=60, deadline=None)
@given(seeds, st.booleans())
def test_adding_a_guard_never_relaxes(seed: int, break_a_fact: bool) -> None:
    rng, definition = _definition(seed)
    extra = _definition(seed + 1)[1]
    if not definition.guards:
        return
    fewer = replace(definition, guards=definition.guards[: rng.randrange(len(definition.guards))])
    more_rules, fewer_rules = RuleSet(definition, twice=False), RuleSet(fewer, twice=False)
    for _ in range(10):
        facts = generated_facts(rng, definition.schema, literals_of(extra))
        if break_a_fact:
            facts[rng.choice(definition.schema.facts).name] = object()
        more, less = more_rules.evaluate(facts, OPTIONS), fewer_rules.evaluate(facts, OPTIONS)
        assert more.guard >= less.guard
        assert more.allowed == less.allowed


@given(st.floats(-(10**9), 10**9), st.integers(0, 6))
def test_decimals_are_the_nearest_with_halves_to_even(value: float, places: int) -> None:
    fact = Fact("x", FactType.DECIMAL, places=places)
    exact = Decimal(value).scaleb(places).to_integral_value(ROUND_HALF_EVEN)
    assert fact.reader()(value) == exact
    assert fact.reader()(Decimal(value)) == exact


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.decimals(), st.binary()))
def test_no_value_makes_evaluation_raise(value: object) -> None:
    definition = generated_definition(random.Random(7), 10, 25)
    rules = RuleSet(definition, twice=False)
    facts = {fact.name: value for fact in definition.schema.facts}
    assert rules.evaluate(facts, OPTIONS).guard >= 1
