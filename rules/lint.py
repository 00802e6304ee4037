"""Rules that parse and still cannot mean what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rules.findings import Findings, nearest
from rules.kinds import CHOSEN
from rules.lint_groups import lint_gaps, lint_groups
from rules.lint_permits import lint_permits, lint_vain_permits
from rules.lint_usage import lint_usage
from rules.model import Definition, Op, Rule
from rules.regions import Regions


def lint(definition: Definition, findings: Findings) -> None:
    """Note rules that can never fire, and what a missing fact, an order or the text would do."""
    for rule in definition.all_rules:
        conditions = [condition for clause in rule.clauses for condition in clause]
        asks_in_vain = any(c.op is Op.ABSENT and c.fact.required for c in conditions)
        if conditions and not asks_in_vain and not Regions([rule]).possible(0):
            _never(rule, findings)
        for condition in conditions:
            if condition.op is Op.ABSENT and condition.fact.required:
                findings.add(
                    rule.line,
                    f"asks whether the required fact '{condition.fact.name}' is absent",
                    "a missing required fact asks for a person by itself; remove the condition",
                    rule.id,
                )
            if rule.narrows and condition.fact.name == CHOSEN:
                findings.add(
                    rule.line,
                    f"narrows the options by '{CHOSEN}', which is drafted out of what is left",
                    "make it a guard, or use forbid",
                    rule.id,
                )
        if rule.guards:
            _silenced(rule, findings)
        elif rule.narrows:
            _taken_by_text(rule, findings)
    lint_permits(definition, findings)
    lint_groups(definition, findings)


def lint_further(definition: Definition, findings: Findings) -> None:
    """Warnings, which take longer to find and keep no file from being loaded."""
    lint_gaps(definition, findings)
    lint_vain_permits(definition, findings)
    lint_usage(definition, findings)


def _taken_by_text(rule: Rule, findings: Findings) -> None:
    """What a rule takes is done without asking the model, so the text may not lead to it."""
    taken = rule.force if rule.force is not None else rule.fallback
    for condition in (condition for clause in rule.clauses for condition in clause):
        if taken is not None and condition.fact.from_text:
            findings.add(
                rule.line,
                f"takes '{taken}' by '{condition.fact.name}', which comes from the text; text may "
                "only restrict",
                "make it a guard, or forbid what must not be taken",
                rule.id,
            )
            return


def _never(rule: Rule, findings: Findings) -> None:
    single = [clause[0] for clause in rule.clauses if len(clause) == 1]
    names = []
    for fact in dict.fromkeys(condition.fact for condition in single):
        on_fact = [(condition,) for condition in single if condition.fact == fact]
        if not Regions([replace(rule, clauses=tuple(on_fact))]).possible(0):
            names.append(f"on '{fact.name}' ")
    findings.add(
        rule.line,
        f"can never fire: its conditions {names[0] if names else ''}exclude each other",
        "remove or change one of them",
        rule.id,
    )


def unknown_options(definition: Definition, known: Iterable[str]) -> list[str]:
    """One sentence for each rule that names an option which is not one of ``known``.

    Not a fault of the file: options come and go with what the engine learns from.
    """
    options = frozenset(known)
    found = []
    for rule in definition.all_rules:
        for option in _named(rule):
            if not option.startswith("$") and option not in options:
                found.append(
                    f"{definition.file}:{rule.line}: the rule '{rule.id}' names '{option}', which "
                    f"is none of the {len(options)} options; {nearest(option, options)}"
                )
    return found


def _named(rule: Rule) -> list[str]:
    """Options that a rule takes, or that its conditions compare the drafted one with."""
    named = [option for option in (rule.force, rule.fallback, *rule.forbid) if option]
    for condition in (condition for clause in rule.clauses for condition in clause):
        if condition.fact.name == CHOSEN:
            expected = condition.expected
            named += [str(one) for one in (expected if isinstance(expected, tuple) else [expected])
                      if one is not None]  # fmt: skip
    return named


def _silenced(guard: Rule, findings: Findings) -> None:
    """``ne`` on a missing fact is false: a guard must say that it means that."""
    present = {c.fact for clause in guard.clauses for c in clause if c.op is Op.PRESENT}
    for clause in guard.clauses:
        alternatives = {c.fact for c in clause if c.op is Op.ABSENT}
        for condition in clause:
            fact = condition.fact
            negative = condition.op in (Op.NE, Op.NOT_IN)
            if negative and not fact.required and fact not in present | alternatives:
                findings.add(
                    guard.line,
                    f"'{condition.op}' on the optional '{fact.name}' does not hold when it is"
                    " missing, so leaving it out would silence the guard",
                    f"add '{{fact: {fact.name}, present: true}}' if that is meant, or write"
                    f" '- any: [{{fact: {fact.name}, {condition.op}: …}},"
                    f" {{fact: {fact.name}, absent: true}}]'; in a table 'not(…), absent'",
                    guard.id,
                )
