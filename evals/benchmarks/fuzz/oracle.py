"""What rules mean, once more: a third evaluation that shares no code with the two it judges.

It reads the raw facts by itself, in exact arithmetic, so that a fault which both evaluators would
take over from the intake is seen as well. It is slow and plain on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from rules.facts import Fact
from rules.model import Condition, Definition, Rule
from rules.verdict import RuleVerdict

_LARGEST = 9_007_199_254_740_992
_BAD = object()


class Expected(NamedTuple):
    """Rules that act, in the order of the file, and facts there is something wrong with.

    ``shadowed``: rules that match and do not act, since one before them in a FIRST table does.
    ``crowded``: UNIQUE tables of which more than one row matches. ``permitted``: None where no
    permit is needed.
    """

    fired: tuple[str, ...]
    shadowed: frozenset[str]
    crowded: frozenset[str]
    permitted: bool | None
    problems: frozenset[str]
    values: Mapping[str, Any]


def expect(definition: Definition, given: Mapping[str, Any]) -> Expected:
    """What evaluating ``given`` has to find."""
    read = {fact.name: _value(fact, given.get(fact.name)) for fact in definition.schema.facts}
    problems = frozenset(name for name, value in read.items() if value is _BAD)
    values = {name: None if value is _BAD else value for name, value in read.items()}
    matching = [rule for rule in definition.all_rules if _fires(rule, values)]
    shadowed, crowded = _settled(definition, matching)
    return Expected(
        tuple(rule.id for rule in matching if rule.id not in shadowed),
        shadowed,
        crowded,
        any(one in matching for one in definition.permits) if definition.closed else None,
        problems,
        values,
    )


def _settled(definition: Definition, matching: list[Rule]) -> tuple[frozenset[str], frozenset[str]]:
    """(rules in the shadow of a FIRST table, UNIQUE tables with more than one row)."""
    shadowed, crowded = set[str](), set[str]()
    for group in definition.groups:
        hit = [rule for rule in matching if rule.id in group.members]
        if group.hit.value == "FIRST":
            shadowed |= {rule.id for rule in [one for one in hit if one.verdict is None][1:]}
        narrowing_or_guarding = [one for one in hit if one not in definition.permits]
        if group.hit.value == "UNIQUE" and len(narrowing_or_guarding) > 1:
            crowded.add(group.name)
    return frozenset(shadowed), frozenset(crowded)


def differences(definition: Definition, expected: Expected, verdict: RuleVerdict) -> list[str]:
    """In what ``verdict`` is not what was expected, in words; empty where it is."""
    found = []
    if verdict.fired != expected.fired:
        odd = sorted(set(verdict.fired) ^ set(expected.fired))
        found.append(f"fired differs on {', '.join(odd[:5])}")
    told = {name for name in expected.values if f"fact '{name}' " in "\n".join(verdict.reasons)}
    if told != expected.problems:
        found.append(f"problems differ on {', '.join(sorted(told ^ expected.problems)[:5])}")
    if frozenset(verdict.shadowed) != expected.shadowed:
        odd = sorted(frozenset(verdict.shadowed) ^ expected.shadowed)
        found.append(f"shadowed differs on {', '.join(odd[:5])}")
    if verdict.permitted is not expected.permitted:
        found.append(f"permitted is {verdict.permitted}, not {expected.permitted}")
    lacking = expected.permitted is False
    floor = 1 if expected.problems or expected.crowded or lacking else 0
    for guard in definition.guards:
        if guard.id in expected.fired and guard.verdict is not None:
            floor = max(floor, int(guard.verdict))
    if int(verdict.guard) < floor:
        found.append(f"the guard is {verdict.guard.word}, below what fired")
    return found


def trace_differences(definition: Definition, expected: Expected, verdict: RuleVerdict) -> int:
    """Conditions whose outcome in the trace is not what the values say."""
    told = [row.holds for row in verdict.rows()]
    meant = [
        _holds(condition, expected.values)
        for rule in definition.all_rules
        for _, _, condition in _in_row_order(definition, rule)
    ]
    return sum(a is not b for a, b in zip(told, meant, strict=True))


def _in_row_order(definition: Definition, rule: Rule) -> list[tuple[int, int, Condition]]:
    """The rows of a rule go fact by fact, and within a fact as written."""
    places = {fact.name: place for place, fact in enumerate(definition.schema.facts)}
    conditions = [condition for clause in rule.clauses for condition in clause]
    return sorted(
        ((places[one.fact.name], at, one) for at, one in enumerate(conditions)),
        key=lambda row: row[:2],
    )


def _fires(rule: Rule, values: Mapping[str, Any]) -> bool:
    return all(any(_holds(condition, values) for condition in clause) for clause in rule.clauses)


def _holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    got, wanted, op = values[condition.fact.name], condition.expected, condition.op.value
    if got is None:
        return op == "absent"
    if op in ("present", "absent"):
        return op == "present"
    if op in ("in", "not_in"):
        assert isinstance(wanted, tuple)
        return any(got == one for one in wanted) == (op == "in")
    below, same = (
        (got < wanted, got == wanted) if condition.fact.numeric else (False, got == wanted)
    )
    return bool({
        "eq": same, "ne": not same, "lt": below, "le": below or same,
        "gt": not below and not same, "ge": not below,
    }[op])  # fmt: skip


def _value(fact: Fact, raw: Any) -> Any:
    """The value rules compare: decimals as scaled integers, None where missing, or ``_BAD``."""
    if raw is None:
        return _BAD if fact.required else None
    match fact.type.value:
        case "boolean":
            return raw if isinstance(raw, bool) else _BAD
        case "integer":
            return raw if type(raw) is int and abs(raw) <= _LARGEST else _BAD
        case "decimal":
            return _scaled(raw, fact.places)
    if not isinstance(raw, str):
        return _BAD
    text = str(raw)
    if fact.enum:
        return text if any(text == word for word in fact.enum) else _BAD
    wrong = any(letter == "\0" or 0xD800 <= ord(letter) < 0xE000 for letter in text[:2000])
    return _BAD if wrong or len(text) > fact.max_length else text


def _scaled(raw: Any, places: int) -> Any:
    """In fractions, whose rounding takes halves to the even neighbour."""
    if isinstance(raw, Decimal):
        if not raw.is_finite():
            return _BAD
        if raw and abs(raw.adjusted()) > 400:
            return 0 if raw.adjusted() < 0 else _BAD
    elif type(raw) not in (int, float) or raw != raw or abs(raw) == float("inf"):
        return _BAD
    coded = round(Fraction(raw if raw else 0) * 10**places)
    return coded if abs(coded) <= _LARGEST else _BAD
