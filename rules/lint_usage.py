"""What a file declares and does not use, and what is expensive to match."""

from __future__ import annotations

from collections.abc import Collection
from math import prod

from rules.encoding import FactCode, paths
from rules.findings import Findings
from rules.model import Definition
from rules.sharding import shards, stack_needed

STACK = 64
"""Nodes that durable-rules can have waiting while it matches one fact."""
MANY_ALTERNATIVES = 16
_RULES_A_HANDLE = 25


def lint_usage(definition: Definition, findings: Findings) -> None:
    """Warnings: facts and bindings that nothing reads, and rules that expand too far."""
    read = {c.fact.name for rule in definition.all_rules for clause in rule.clauses for c in clause}
    for fact in definition.schema.facts:
        if fact.name not in read:
            findings.warn(definition.places.get(f"facts.{fact.name}", 1),
                          f"no rule reads the fact '{fact.name}'", "remove it")  # fmt: skip
    used = {
        option
        for rule in definition.rules
        for option in (rule.force, rule.fallback, *rule.forbid)
        if option is not None
    }
    for name in definition.bindings:
        if f"${name}" not in used:
            findings.warn(definition.places.get(f"bindings.{name}", 1),
                          f"no rule takes the binding '${name}'", "remove it")  # fmt: skip
    _expansion(definition, findings)


def lint_coverage(definition: Definition, fired: Collection[str], findings: Findings) -> None:
    """Warnings: rules that fire in none of the cases."""
    if not definition.cases:
        findings.warn(1, "there are no cases", "add 'cases:' with what is expected of the rules")
        return
    for rule in definition.all_rules:
        if rule.id not in fired:
            findings.warn(rule.line, "fires in no case", "add a case in which it does", rule.id)


def _expansion(definition: Definition, findings: Findings) -> None:
    for rule in definition.all_rules:
        count = prod(len(clause) for clause in rule.clauses)
        if count > MANY_ALTERNATIVES:
            findings.warn(rule.line, f"its 'any' groups expand to {count} combinations",
                          "use 'in', or split the rule", rule.id)  # fmt: skip
    facts = definition.schema.facts
    codes = {fact.name: FactCode(index, fact) for index, fact in enumerate(facts)}
    numbered = [
        (index, path)
        for index, rule in enumerate(definition.all_rules)
        if rule.clauses
        for path in paths(rule, codes)
    ]
    needed = stack_needed(path for _, path in numbered)
    if needed <= STACK:
        return
    handles = len(shards(numbered, [len(code.properties()) for code in codes.values()]))
    if handles > 1 + len(definition.all_rules) // _RULES_A_HANDLE:
        findings.warn(
            1,
            f"up to {needed} nodes of durable-rules match one decision, where {STACK} fit: the "
            f"rules are spread over {handles} handles, each of which reads the facts once more",
            "use 'in' instead of 'any', begin the rules with the same condition, or split the set",
        )
