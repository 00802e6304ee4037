"""Permits: where a rule set has any, nothing is decided without a person unless one fires."""

from __future__ import annotations

from collections.abc import Sequence

from rules.intake import FactTrace
from rules.model import Clause, Condition, Rule
from rules.python_evaluator import PythonEvaluator

_SHOWN = 3


def permit_mask(rules: Sequence[Rule]) -> int:
    """The bits of the permits among the rules."""
    return sum(1 << index for index, rule in enumerate(rules) if rule.permits)


def not_permitted(
    rules: Sequence[Rule],
    evaluator: PythonEvaluator,
    satisfied: int,
    trace: Sequence[FactTrace],
) -> str:
    """Why nothing is permitted: the permit that came nearest, and what it lacked."""
    best: tuple[int, int] | None = None
    for index, rule in enumerate(rules):
        if rule.permits:
            lacking = len(_lacking(rule, index, evaluator, satisfied))
            if best is None or lacking < best[0]:
                best = lacking, index
    if best is None:
        return "no permit fires"
    rule = rules[best[1]]
    got = {name: value for name, value, _ in trace}
    missed = [
        " or ".join(_told(condition, got.get(condition.fact.name)) for condition in clause)
        for clause in _lacking(rule, best[1], evaluator, satisfied)
    ]
    more = f" and {len(missed) - _SHOWN} more" if len(missed) > _SHOWN else ""
    return f"no permit fires; the nearest, {rule.id}, lacks {', '.join(missed[:_SHOWN])}{more}"


def _lacking(rule: Rule, index: int, evaluator: PythonEvaluator, satisfied: int) -> list[Clause]:
    return [
        clause
        for level, clause in enumerate(rule.clauses)
        if not satisfied & evaluator.clause_bit(index, level)
    ]


def _told(condition: Condition, got: object) -> str:
    shown = condition.shown
    expected = "" if shown is None else f" {shown}"
    seen = "is missing" if got is None else f"is {got}"
    return f"{condition.fact.name} {condition.op}{expected} ({seen})"
