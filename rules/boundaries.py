"""Facts on and beside every literal, made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rules.facts import BadFact, Coded
from rules.model import Definition
from rules.operators import holds
from rules.regions import candidates
from rules.rule_set import RuleSet

MAX_EVALUATIONS = 20_000


class Probed(NamedTuple):
    """What came of it. ``wrong``: facts on which the rules that match are not those that should,
    by the plain meaning of the operators."""

    evaluations: int
    disagreements: int
    failures: int
    wrong: tuple[dict[str, Any], ...]

    @property
    def passed(self) -> bool:
        return not (self.disagreements or self.failures or self.wrong)


def probe(definition: Definition, rule_set: RuleSet, most: int = MAX_EVALUATIONS) -> Probed:
    """Evaluate around every literal, from every case, and compare three ways.

    The two evaluators are held against each other, and the first against the operators' plain
    meaning. At most ``most`` evaluations.
    """
    before = rule_set.disagreements, rule_set.failures
    count, wrong = 0, []
    for facts in boundary_facts(definition):
        if count == most:
            break
        count += 1
        verdict = rule_set.evaluate(facts, ("A", "B"))
        matched = {*verdict.fired, *verdict.shadowed}
        if matched != _should_match(definition, facts):
            wrong.append(facts)
    return Probed(
        count, rule_set.disagreements - before[0], rule_set.failures - before[1], tuple(wrong)
    )


def boundary_facts(definition: Definition) -> Iterator[dict[str, Any]]:
    """From each case, one fact after the other takes every value that matters, and none."""
    facts = definition.schema.facts
    conditions = [c for rule in definition.all_rules for clause in rule.clauses for c in clause]
    values: dict[str, list[Any]] = {}
    for fact in facts:
        coded = candidates(fact, [c for c in conditions if c.fact == fact])
        values[fact.name] = [None if one is None else fact.shown(one) for one in coded]
        values[fact.name] += [None] if fact.required else []
    first = {name: options[0] for name, options in values.items()}
    for start in [*(dict(case.given) for case in definition.cases), first]:
        for name, options in values.items():
            for value in options:
                yield {**start, name: value}


def _should_match(definition: Definition, facts: Mapping[str, Any]) -> set[str]:
    coded: dict[str, Coded | None] = {}
    for fact in definition.schema.facts:
        value = facts.get(fact.name)
        try:
            coded[fact.name] = None if value is None else fact.reader()(value)
        except BadFact:
            coded[fact.name] = None
    return {
        rule.id
        for rule in definition.all_rules
        if all(any(holds(c, coded[c.fact.name]) for c in clause) for clause in rule.clauses)
    }
