"""Rules that parse and still cannot mean what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.facts import Coded, Fact, FactType
from rules.findings import Findings, nearest
from rules.model import Condition, Definition, Op, Rule
from rules.operators import holds


def lint(definition: Definition, findings: Findings) -> None:
    """Note rules that can never fire, and guards that a missing fact would silence."""
    for rule in definition.all_rules:
        single = [clause[0] for clause in rule.clauses if len(clause) == 1]
        for fact in dict.fromkeys(condition.fact for condition in single):
            on_fact = [condition for condition in single if condition.fact == fact]
            if not _satisfiable(fact, on_fact):
                findings.add(
                    rule.line,
                    f"can never fire: its conditions on '{fact.name}' exclude each other",
                    "remove or change one of them",
                    rule.id,
                )
        for clause in rule.clauses:
            for condition in clause:
                if condition.op is Op.ABSENT and condition.fact.required:
                    findings.add(
                        rule.line,
                        f"asks whether the required fact '{condition.fact.name}' is absent",
                        "a missing required fact asks for a person by itself; remove the condition",
                        rule.id,
                    )
        if rule.verdict is not None:
            _silenced(rule, findings)


def unknown_options(definition: Definition, known: Iterable[str]) -> list[str]:
    """One sentence for each rule that names an option which is not one of ``known``.

    Not a fault of the file: options come and go with what the engine learns from.
    """
    options = frozenset(known)
    found = []
    for rule in definition.rules:
        for option in (rule.force, rule.fallback, *rule.forbid):
            if option and not option.startswith("$") and option not in options:
                found.append(
                    f"{definition.file}:{rule.line}: the rule '{rule.id}' names '{option}', which "
                    f"is none of the {len(options)} options; {nearest(option, options)}"
                )
    return found


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
                    f" {{fact: {fact.name}, absent: true}}]'",
                    guard.id,
                )


def _satisfiable(fact: Fact, conditions: Sequence[Condition]) -> bool:
    """Whether some value, or none at all, makes all of ``conditions`` true.

    Trying the literals, their neighbours and one value apart from them all is exhaustive: between
    neighbouring literals no condition changes.
    """
    candidates: list[Coded | None] = [None]
    literals: set[Coded] = set()
    for condition in conditions:
        if isinstance(condition.expected, tuple):
            literals.update(condition.expected)
        elif condition.expected is not None:
            literals.add(condition.expected)
    if fact.type is FactType.BOOLEAN:
        candidates += [False, True]
    elif fact.numeric:
        numbers = [int(value) for value in literals] or [0]
        candidates += [near for number in numbers for near in (number - 1, number, number + 1)]
    elif fact.enum:
        candidates += fact.enum
    else:
        candidates += [*literals, "".join(str(value) for value in literals) + "?"]
    return any(all(holds(c, value) for c in conditions) for value in candidates)
