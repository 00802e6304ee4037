"""The ``when`` of a rule: conditions, all of which have to hold, and ``any`` groups."""

from __future__ import annotations

from math import prod
from typing import Any

from rules.facts import BadFact, Coded, Fact, FactSchema, FactType
from rules.findings import nearest
from rules.model import MAX_ALTERNATIVES, MAX_CLAUSES, Clause, Condition, Op
from rules.reading import Reading
from rules.source import Block, Items

_ORDERED = (Op.LT, Op.LE, Op.GT, Op.GE)
_LISTS = (Op.IN, Op.NOT_IN)
MAX_LISTED = 5_000
_PRESENCE = (Op.PRESENT, Op.ABSENT)


def parse_when(reading: Reading, schema: FactSchema) -> tuple[Clause, ...]:
    """All clauses of a rule; faults are noted and left out."""
    when = reading.block.get("when")
    if not isinstance(when, Items) or not when:
        reading.bad("when", "'when' has to be a list of at least one condition",
                    "write 'when:' and '- {fact: amount, gt: 100}'")  # fmt: skip
        return ()
    clauses = []
    for item, line in zip(when, when.lines, strict=True):
        clause = _clause(reading, item, line, schema)
        if clause:
            clauses.append(clause)
    over = False
    if len(clauses) > MAX_CLAUSES:
        over = True
        reading.bad("when", f"more than {MAX_CLAUSES} conditions", "split the rule")
    if prod(len(clause) for clause in clauses) > MAX_ALTERNATIVES:
        over = True
        reading.bad("when", f"the 'any' groups make more than {MAX_ALTERNATIVES} combinations",
                    "use 'in', or split the rule")  # fmt: skip
    # What is over a limit is not handed on: later checks of the same file would expand it.
    return () if over else tuple(clauses)


def _clause(reading: Reading, item: Any, line: int, schema: FactSchema) -> Clause:
    at = _At(reading, line)
    if not isinstance(item, Block):
        at.bad("a condition is a mapping", "write {fact: amount, gt: 100}")
        return ()
    if "any" not in item:
        return tuple(c for c in [_condition(at, item, schema)] if c)
    group = item["any"]
    if len(item) > 1 or not isinstance(group, Items) or not group:
        at.bad("'any' holds a list of conditions and nothing beside it", "write '- any: [{…}, …]'")
        return ()
    conditions = []
    for member, member_line in zip(group, group.lines, strict=True):
        inner = _At(reading, member_line)
        if not isinstance(member, Block):
            inner.bad("a condition is a mapping", "write {fact: amount, gt: 100}")
            continue
        condition = _condition(inner, member, schema)
        if condition:
            conditions.append(condition)
    return tuple(conditions)


class _At:
    def __init__(self, reading: Reading, line: int) -> None:
        self._reading = reading
        self._line = line

    def bad(self, message: str, hint: str = "") -> None:
        self._reading.note(self._line, message, hint)


def _condition(at: _At, block: Block, schema: FactSchema) -> Condition | None:
    name = block.get("fact")
    facts = schema.by_name
    if not isinstance(name, str) or name not in facts:
        at.bad(f"unknown fact '{name}'" if name else "'fact' is missing", nearest(name, facts))
        return None
    fact = facts[name]
    words = [key for key in block if key != "fact"]
    if len(words) != 1:
        at.bad(
            f"a condition on '{name}' has {len(words)} operators", "write one for each condition"
        )
        return None
    if words[0] not in list(Op):
        at.bad(f"unknown operator '{words[0]}'", nearest(words[0], [op.value for op in Op]))
        return None
    op, value = Op(words[0]), block[words[0]]
    if op in _PRESENCE:
        return _presence(at, fact, op, value)
    if op in _ORDERED and not fact.numeric:
        at.bad(f"'{op}' does not go with the {fact.type} '{name}'", "use eq, ne, in or not_in")
        return None
    if op not in _LISTS:
        expected = _literal(at, fact, value)
        return None if expected is None else Condition(fact, op, expected)
    if fact.type is FactType.BOOLEAN:
        at.bad(f"'{op}' does not go with the boolean '{name}'", "use eq")
        return None
    if not isinstance(value, Items) or not value:
        at.bad(f"'{op}' needs a list of at least one value", f"write {op}: [a, b]")
        return None
    if len(value) > MAX_LISTED:
        at.bad(f"'{op}' lists {len(value)} values", f"{MAX_LISTED} at most: use a range or a table")
        return None
    coded = [_literal(at, fact, member) for member in value]
    if len(set(coded)) != len(coded) and None not in coded:
        at.bad(f"'{op}' lists a value twice", "remove the repetition")
    return Condition(fact, op, tuple(code for code in coded if code is not None))


def _presence(at: _At, fact: Fact, op: Op, value: Any) -> Condition | None:
    if value is not True:
        other = Op.ABSENT if op is Op.PRESENT else Op.PRESENT
        at.bad(f"'{op}' is followed by true", f"for the opposite write '{other}: true'")
        return None
    return Condition(fact, op)


def _literal(at: _At, fact: Fact, value: Any) -> Coded | None:
    try:
        return fact.literal(value)
    except BadFact as error:
        hint = ""
        if fact.enum and isinstance(value, str):
            hint = nearest(value, fact.enum)
        elif fact.type is FactType.STRING:
            hint = "quote it"
        at.bad(f"the value for '{fact.name}' {error}", hint)
        return None
