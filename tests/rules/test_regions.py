"""Answers about sets of rules are exact: held against trying all facts there are."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.facts import Coded, Fact, FactType
from rules.model import Condition, Op, Rule
from rules.operators import holds
from rules.regions import Regions, TooLarge

FACTS = (
    Fact("n", FactType.INTEGER, required=True),
    Fact("m", FactType.INTEGER),
    Fact("e", FactType.STRING, required=True, enum=("a", "b", "c")),
    Fact("b", FactType.BOOLEAN),
)
VALUES: dict[str, list[Coded | None]] = {
    "n": list(range(-2, 12)), "m": [*range(-2, 12), None], "e": ["a", "b", "c"],
    "b": [True, False, None],
}  # fmt: skip
seeds = st.integers(0, 2**32)


def _condition(rng: random.Random) -> Condition:
    fact = rng.choice(FACTS)
    if rng.random() < 0.1:
        return Condition(fact, Op.PRESENT if fact.required else rng.choice((Op.PRESENT, Op.ABSENT)))
    if fact.type is FactType.BOOLEAN:
        return Condition(fact, rng.choice((Op.EQ, Op.NE)), rng.random() < 0.5)
    if fact.type is FactType.STRING:
        op = rng.choice((Op.EQ, Op.NE, Op.IN, Op.NOT_IN))
        pair = tuple(rng.sample(fact.enum, 2))
        return Condition(fact, op, pair if op in (Op.IN, Op.NOT_IN) else pair[0])
    op = rng.choice((Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.IN, Op.NOT_IN))
    number = rng.randrange(0, 6)
    return Condition(fact, op, (number, 9) if op in (Op.IN, Op.NOT_IN) else number)


def _rules(rng: random.Random, most: int = 6) -> list[Rule]:
    return [
        Rule(f"r{i}", tuple(
            tuple(_condition(rng) for _ in range(rng.choice((1, 1, 2))))
            for _ in range(rng.randint(1, 3))
        ))
        for i in range(rng.randint(2, most))
    ]  # fmt: skip


def _fires(rule: Rule, facts: dict[str, Coded | None]) -> bool:
    return all(any(holds(c, facts[c.fact.name]) for c in clause) for clause in rule.clauses)


def _everything() -> list[dict[str, Coded | None]]:
    return [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]


EVERYTHING = _everything()
ANY: dict[str, Coded | None] = {"n": 0, "m": 0, "e": "a", "b": True}


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_overlaps_are_exactly_the_pairs_that_fire_together(seed: int) -> None:
    rules = _rules(random.Random(seed))
    expected = {
        (i, j)
        for i in range(len(rules))
        for j in range(i + 1, len(rules))
        if any(_fires(rules[i], facts) and _fires(rules[j], facts) for facts in EVERYTHING)
    }
    found = Regions(rules).overlaps()
    assert {(i, j) for i, j, _ in found} == expected
    for i, j, example in found:
        assert _fires(rules[i], {**ANY, **example}) and _fires(rules[j], {**ANY, **example})


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_gap_is_found_exactly_where_there_is_one(seed: int) -> None:
    rules = _rules(random.Random(seed))
    gap = Regions(rules).uncovered(range(len(rules)))
    assert (gap is not None) == any(
        not any(_fires(rule, facts) for rule in rules) for facts in EVERYTHING
    )
    if gap is not None:
        assert not any(_fires(rule, {**ANY, **gap}) for rule in rules)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_rule_is_inside_the_others_exactly_where_they_always_fire_too(seed: int) -> None:
    rules = _rules(random.Random(seed))
    last = len(rules) - 1
    outside = Regions(rules).uncovered(range(last), inside=last)
    assert (outside is not None) == any(
        _fires(rules[last], facts) and not any(_fires(rule, facts) for rule in rules[:last])
        for facts in EVERYTHING
    )
    assert Regions(rules).possible(last) == any(_fires(rules[last], facts) for facts in EVERYTHING)


def test_a_question_that_is_too_large_says_so() -> None:
    rng = random.Random(0)
    facts = [Fact(f"f{i}", FactType.INTEGER, required=True) for i in range(12)]
    rules = [
        Rule(f"r{i}", tuple((Condition(fact, Op.NE, rng.randrange(9)),) for fact in facts))
        for i in range(40)
    ]
    with pytest.raises(TooLarge):
        Regions(rules).uncovered(range(len(rules)), steps=10)
