"""What a permit may not leave open."""

from __future__ import annotations

from rules.findings import Findings
from rules.model import Clause, Definition, Op, Rule
from rules.regions import Regions, TooLarge

_UPPER = (Op.LT, Op.LE, Op.EQ, Op.IN)
_BUDGET = 20_000


def lint_permits(definition: Definition, findings: Findings) -> None:
    """Errors: no upper bound, or fired by what is missing or by the text."""
    for permit in definition.permits:
        conditions = [condition for clause in permit.clauses for condition in clause]
        if not permit.unbounded and not any(map(_bounds, permit.clauses)):
            numeric = [fact.name for fact in definition.schema.facts if fact.numeric]
            name = numeric[0] if numeric else "amount"
            findings.add(permit.line, "allows without an upper bound",
                         f"add a condition such as '{{fact: {name}, le: 100}}', or say why it "
                         "needs none: 'unbounded: …'", permit.id)  # fmt: skip
        if any(condition.op is Op.ABSENT for condition in conditions):
            findings.add(permit.line, "permits because a fact is absent, as does leaving it out",
                         "ask for what has to be there", permit.id)  # fmt: skip
        for fact in dict.fromkeys(condition.fact for condition in conditions):
            if fact.from_text:
                findings.add(permit.line, f"permits by '{fact.name}', which comes from the text; "
                             "text may only restrict",
                             "make it a guard with the opposite condition", permit.id)  # fmt: skip


def lint_vain_permits(definition: Definition, findings: Findings) -> None:
    """Warnings: permits that some guard takes back wherever they fire."""
    rules = [rule for rule in definition.guards if rule.clauses]
    for permit in definition.permits:
        if not permit.clauses or not rules:
            continue
        related: list[Rule] = [*rules, permit]
        try:
            example = Regions(related).uncovered(
                range(len(rules)), inside=len(rules), steps=_BUDGET
            )
        except TooLarge:
            continue
        if example is None:
            findings.warn(permit.line, "never permits anything: guards fire wherever it does",
                          "narrow the guards, or remove it", permit.id)  # fmt: skip


def _bounds(clause: Clause) -> bool:
    """Whether the clause keeps one number from growing: all of its alternatives have to."""
    facts = {condition.fact for condition in clause}
    return (
        len(facts) == 1
        and next(iter(facts)).numeric
        and all(condition.op in _UPPER for condition in clause)
    )
