"""Mutation: every operator, literal and effect changed one at a time; some case has to notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from rules.cases import run_cases
from rules.facts import MAX_INTEGER, Coded, FactType
from rules.findings import Findings
from rules.model import Clause, Condition, Definition, Hit, Op, Rule
from rules.regions import Regions, TooLarge
from rules.rule_set import RuleSet
from signalbox.domain.enums import Verdict

PASSING_SCORE = 0.95

_FLIPS: dict[Op, tuple[Op, ...]] = {
    Op.EQ: (Op.NE,),
    Op.NE: (Op.EQ,),
    Op.LT: (Op.LE, Op.GE),
    Op.LE: (Op.LT, Op.GT),
    Op.GT: (Op.GE, Op.LE),
    Op.GE: (Op.GT, Op.LT),
    Op.IN: (Op.NOT_IN,),
    Op.NOT_IN: (Op.IN,),
    Op.PRESENT: (Op.ABSENT,),
    Op.ABSENT: (Op.PRESENT,),
}
_COMPARE_STEPS = 20_000


class Mutant(NamedTuple):
    """A rule set with one change; ``what`` says which, ``kind`` of what sort."""

    rule: str
    line: int
    kind: str
    what: str
    definition: Definition


class Mutated(NamedTuple):
    """How the cases of one rule set fared. ``equivalent`` mutants mean the same and count for
    neither side; ``survivors`` are those that no case noticed."""

    mutants: int
    killed: int
    equivalent: int
    survivors: tuple[Mutant, ...]

    @property
    def score(self) -> float:
        """Killed out of those that could be; 1 where there are none."""
        return self.killed / self.mutants if self.mutants else 1.0


def mutate(definition: Definition, progress: Callable[[float], None] | None = None) -> Mutated:
    """Run the cases against every mutant. The cases are to pass on the original."""
    survivors, killed, equivalent = [], 0, 0
    all_mutants = list(mutants(definition))
    for number, mutant in enumerate(all_mutants, 1):
        if _noticed(mutant.definition):
            killed += 1
        elif _same(definition, mutant):
            equivalent += 1
        else:
            survivors.append(mutant)
        if progress is not None:
            progress(number / len(all_mutants))
    return Mutated(killed + len(survivors), killed, equivalent, tuple(survivors))


def mutants(definition: Definition) -> Iterator[Mutant]:
    """Every change of one operator, literal, condition, effect or hit policy."""
    for rule in definition.all_rules:
        for kind, what, changed in _changes(rule):
            line = int(rule.line)
            yield Mutant(rule.id, line, kind, what, _with(definition, rule, changed))
    for place, group in enumerate(definition.groups):
        if group.hit is Hit.FIRST:
            groups = list(definition.groups)
            groups[place] = replace(group, hit=Hit.COLLECT)
            yield Mutant("", int(group.line), "policy", f"'{group.name}' FIRST becomes COLLECT",
                         replace(definition, groups=tuple(groups)))  # fmt: skip


def _changes(rule: Rule) -> Iterator[tuple[str, str, Rule | None]]:
    """(kind, what, the rule as changed or None where it is removed)."""
    clauses = rule.clauses
    for level, clause in enumerate(clauses):
        if len(clauses) > 1:
            told = " or ".join(_told(condition) for condition in clause)
            yield "condition", f"without '{told}'", _clauses(rule, level, None)
        for place, condition in enumerate(clause):
            rest = clause[:place], clause[place + 1 :]
            for kind, changed in _other_conditions(condition):
                what = f"'{_told(condition)}' becomes '{_told(changed)}'"
                yield kind, what, _clauses(rule, level, (*rest[0], changed, *rest[1]))
            if len(clause) > 1:
                what = f"without the alternative '{_told(condition)}'"
                yield "condition", what, _clauses(rule, level, (*rest[0], *rest[1]))
    yield from _other_effects(rule)


def _other_conditions(condition: Condition) -> Iterator[tuple[str, Condition]]:
    for op in _FLIPS[condition.op]:
        expected = None if op in (Op.PRESENT, Op.ABSENT) else condition.expected
        yield "operator", Condition(condition.fact, op, expected)
    expected = condition.expected
    if isinstance(expected, tuple):
        for member in expected if len(expected) > 1 else ():
            fewer = tuple(one for one in expected if one != member)
            yield "literal", replace(condition, expected=fewer)
    elif expected is not None and condition.fact.type is not FactType.BOOLEAN:
        for other in _beside(condition, expected):
            yield "literal", replace(condition, expected=other)


def _beside(condition: Condition, expected: Coded) -> list[Coded]:
    """Literals next to the one that is written."""
    fact = condition.fact
    if fact.numeric:
        return [n for n in (int(expected) - 1, int(expected) + 1) if abs(n) <= MAX_INTEGER]
    if fact.enum:
        words = fact.enum
        return [words[(words.index(str(expected)) + 1) % len(words)]] if len(words) > 1 else []
    return [f"{expected}?"]


def _other_effects(rule: Rule) -> Iterator[tuple[str, str, Rule | None]]:
    if rule.permits:
        yield "effect", "the permit is removed", None
        return
    if rule.verdict is not None:
        other = Verdict.DENY if rule.verdict is not Verdict.DENY else Verdict.REQUIRE_APPROVAL
        what = f"{rule.verdict.word} becomes {other.word}"
        yield "effect", what, replace(rule, verdict=other)
        yield "effect", "the guard is removed", None
        return
    if rule.force is not None:
        yield "effect", f"without 'force {rule.force}'", replace(rule, force=None)
        if rule.fallback is None:
            softer = replace(rule, force=None, fallback=rule.force)
            yield "effect", f"'force {rule.force}' becomes fallback", softer
    if rule.fallback is not None:
        yield "effect", f"without 'fallback {rule.fallback}'", replace(rule, fallback=None)
        if rule.force is None:
            harder = replace(rule, fallback=None, force=rule.fallback)
            yield "effect", f"'fallback {rule.fallback}' becomes force", harder
    for option in rule.forbid:
        fewer = tuple(one for one in rule.forbid if one != option)
        yield "effect", f"without 'forbid {option}'", replace(rule, forbid=fewer)


def _clauses(rule: Rule, level: int, clause: Clause | None) -> Rule:
    middle = () if clause is None else (clause,)
    return replace(rule, clauses=(*rule.clauses[:level], *middle, *rule.clauses[level + 1 :]))


def _with(definition: Definition, rule: Rule, changed: Rule | None) -> Definition:
    def swap(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        kept = (changed if one is rule else one for one in rules)
        return tuple(one for one in kept if one is not None)

    groups = definition.groups
    if changed is None:
        groups = tuple(
            replace(group, members=tuple(name for name in group.members if name != rule.id))
            for group in groups
        )
    return replace(
        definition,
        rules=swap(definition.rules),
        guards=swap(definition.guards),
        permits=swap(definition.permits),
        groups=groups,
    )


def _noticed(mutant: Definition) -> bool:
    findings = Findings(mutant.file)
    run_cases(mutant, RuleSet(mutant, twice=False), findings)
    return bool(findings.found)


def _same(definition: Definition, mutant: Mutant) -> bool:
    """Whether the rule fires for exactly the same facts and does the same."""
    before = {rule.id: rule for rule in definition.all_rules}.get(mutant.rule)
    after = {rule.id: rule for rule in mutant.definition.all_rules}.get(mutant.rule)
    if before is None or after is None or replace(after, clauses=before.clauses) != before:
        return False
    regions = Regions([before, after])
    try:
        return not any(
            regions.uncovered([one], inside=other, steps=_COMPARE_STEPS)
            for one, other in ((1, 0), (0, 1))
        )
    except TooLarge:
        return False


def _told(condition: Condition) -> str:
    shown: Any = condition.shown
    return f"{condition.fact.name} {condition.op}" + ("" if shown is None else f" {shown}")
