"""Runs the cases embedded in a rule file."""

from __future__ import annotations

from typing import Any

from rules.findings import Findings
from rules.model import Case, Definition
from rules.rule_set import RuleSet
from rules.verdict import RuleVerdict


def run_cases(definition: Definition, rule_set: RuleSet, findings: Findings) -> set[str]:
    """Note every expectation that is not met. Gives the ids of the rules that fired in some case.

    Cases do not depend on what is bound: a binding stands for an option of its own name, written
    ``$name``, which a case lists among its options like any other.
    """
    fired: set[str] = set()
    for case in definition.cases:
        verdict = rule_set.evaluate(case.given, case.options, bindings=_stand_ins(definition, case))
        fired.update(verdict.fired)
        for key, expected in case.expect.items():
            got = _seen(verdict, key)
            wanted = sorted(expected) if isinstance(expected, list) else expected
            if got != wanted:
                message = f"the case fails: {_difference(key, got, wanted)}"
                findings.add(
                    case.line, message, "correct the rule or the case", case.name, whole=True
                )
    return fired


def _difference(key: str, got: Any, wanted: Any) -> str:
    """What is there and what should be; of lists also where they part."""
    both = f"{key} is {got!r}, expected {wanted!r}"
    if not isinstance(got, list) or not isinstance(wanted, list):
        return both
    more = [repr(one) for one in got if one not in wanted]
    less = [repr(one) for one in wanted if one not in got]
    parts = [f"too many: {', '.join(more)}"] if more else []
    parts += [f"missing: {', '.join(less)}"] if less else []
    return "; ".join([both, *parts])


def _stand_ins(definition: Definition, case: Case) -> dict[str, str]:
    return {name: f"${name}" for name in definition.bindings if name not in case.unbound}


def _seen(verdict: RuleVerdict, key: str) -> Any:
    if key == "guard":
        return verdict.guard.word
    value = getattr(verdict, key)
    return sorted(value) if isinstance(value, tuple) else value
