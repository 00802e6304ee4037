"""One cell of a decision table: unary tests in, conditions as a YAML author would write them out.

The grammar follows the unary tests of DMN 1.5 (chapter 9), for literals only: ``-`` anything,
``10``, ``>=10``, ``[10..20)``, ``a, b`` one of these, ``not(a, b)``; and ``present``, ``absent``.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from rules.facts import MAX_INTEGER, Fact, FactType
from rules.model import Op
from rules.number_sets import Interval, complement, merged, unit
from rules.table_words import BadCell, inside_not, split_list, unquoted

Test = tuple[Op, Any]
"""An operator and what follows it."""

Clauses = list[list[Test]]
"""Every inner list is one clause, of which one test has to hold."""

_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d{1,2}")
_ORDER = re.compile(r"(<=|>=|<|>)\s*(.+)", re.DOTALL)
_RANGE = re.compile(r"([\[\](])\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])])", re.DOTALL)
_OPS = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}
_OPPOSITE = {Op.LT: Op.GE, Op.LE: Op.GT, Op.GT: Op.LE, Op.GE: Op.LT}
_ANY = ("", "-")


class _Parts(NamedTuple):
    """A cell taken apart: the tests on a value, whether they are negated, and the rest."""

    values: list[str]
    denied: bool
    absent: bool
    present: bool


def read_cell(text: str, fact: Fact) -> Clauses:
    """The clauses a cell stands for; empty where anything goes. Raises BadCell."""
    text = text.strip()
    if text in _ANY:
        return []
    parts = _apart(text)
    if parts.present and parts.absent:
        raise BadCell("'present' and 'absent' together are anything", "write '-'")
    if parts.present:
        if parts.values:
            raise BadCell("'present' says more than the values beside it", "keep one of them")
        return [[(Op.PRESENT, True)]]
    if not parts.values:
        return [[(Op.ABSENT, True)]]
    if fact.numeric and _GROUPED.fullmatch(text):
        raise BadCell(
            f"'{text}' may be one number or several",
            f"write '{text.replace(',', '')}' for one, '{text.replace(',', ', ')}' for a list",
        )
    if fact.type is FactType.DECIMAL and _COMMA.fullmatch(text):
        one, other = text.split(",")
        raise BadCell(
            f"'{text}' may be one number or two", f"write '{one}.{other}', or '{one}, {other}'"
        )
    clauses = _numbers(parts, fact) if fact.numeric else [_words(parts, fact)]
    return [[*clause, (Op.ABSENT, True)] if parts.absent else clause for clause in clauses]


def _apart(text: str) -> _Parts:
    members = split_list(text)
    values: list[str] = []
    denied = absent = present = False
    for member in members:
        within = inside_not(member)
        if member == "absent":
            absent = True
        elif member == "present":
            present = True
        elif within is not None:
            denied = True
            values += split_list(within)
            if {"present", "absent"} & set(values):
                raise BadCell("not(absent) is 'present'", "write 'present', or 'absent'")
        else:
            values.append(member)
    others = len(members) - absent - present
    if denied and others > 1:
        raise BadCell("not(…) stands with other tests", "put all that is excluded in one not(…)")
    return _Parts(values, denied, absent, present)


def _words(parts: _Parts, fact: Fact) -> list[Test]:
    values: list[Any] = [_word(member, fact) for member in parts.values]
    if fact.type is FactType.BOOLEAN:
        if len(values) > 1:
            raise BadCell("a boolean is one of two", "write true, false, or '-' for either")
        return [(Op.EQ, values[0] is not parts.denied)]
    if len(values) == 1:
        return [(Op.NE if parts.denied else Op.EQ, values[0])]
    return [(Op.NOT_IN if parts.denied else Op.IN, values)]


def _word(member: str, fact: Fact) -> str | bool:
    if fact.type is FactType.BOOLEAN:
        if member not in ("true", "false"):
            raise BadCell(f"'{member}' is not a boolean", "write true or false")
        return member == "true"
    if _ORDER.fullmatch(member) or _RANGE.fullmatch(member):
        raise BadCell(
            f"'{member}' is for numbers, '{fact.name}' is a {fact.type}",
            f'list the values, or quote it: "{member}"',
        )
    return unquoted(member)


def _numbers(parts: _Parts, fact: Fact) -> Clauses:
    tests = [_test(member, fact) for member in parts.values]
    plain = [value for kind, value in tests if kind is Op.EQ]
    if len(plain) == len(tests):
        if len(plain) == 1:
            return [[(Op.NE if parts.denied else Op.EQ, plain[0])]]
        return [[(Op.NOT_IN if parts.denied else Op.IN, plain)]]
    if len(tests) == 1:
        return _single(*tests[0], denied=parts.denied)
    covered = merged([_interval(kind, value, fact) for kind, value in tests])
    return _union(complement(covered) if parts.denied else covered, fact)


def _single(kind: Op | None, value: Any, *, denied: bool) -> Clauses:
    """One comparison or interval, kept in the author's own operators for the trace."""
    if kind is not None:
        return [[(_OPPOSITE[kind] if denied else kind, value)]]
    low, high = value
    if denied:
        return [[(_OPPOSITE[low[0]], low[1]), (_OPPOSITE[high[0]], high[1])]]
    return [[low], [high]]


def _test(member: str, fact: Fact) -> tuple[Op | None, Any]:
    """(operator, number), or (None, (lower, upper)) for an interval."""
    if order := _ORDER.fullmatch(member):
        return _OPS[order[1]], _number(order[2], fact)
    if found := _RANGE.fullmatch(member):
        low = (Op.GE if found[1] == "[" else Op.GT, _number(found[2], fact))
        high = (Op.LE if found[4] == "]" else Op.LT, _number(found[3], fact))
        span = _interval(None, (low, high), fact)
        if span[0] > span[1]:
            raise BadCell(f"the interval '{member}' is empty", "write the lower end first")
        return None, (low, high)
    return Op.EQ, _number(member, fact)


def _number(text: str, fact: Fact) -> int | Decimal:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            raise BadCell(f"'{text}' is not a number", "write decimals with a point")
        raise BadCell(
            f"'{text[:40]}' is not a number",
            "write 10, >=10, [10..20), a list, not(…), or '-' for anything",
        )
    digits = text.lstrip("+-").partition(".")[0]
    if len(digits) > 1 and digits[0] == "0":
        raise BadCell(f"'{text}' begins with a zero", "write numbers without separators or zeros")
    number, fraction = Decimal(text), text.partition(".")[2]
    if len(fraction) > (0 if fact.type is FactType.INTEGER else fact.places):
        # Of whom points group thousands, 5.000 is five thousand.
        if fact.type is FactType.INTEGER:
            raise BadCell(f"'{text}' is not a whole number", f"'{fact.name}' is an integer")
        raise BadCell(f"'{text}' has more than {fact.places} decimal places", "round it")
    if fact.type is FactType.INTEGER:
        number = number.to_integral_value()
    if abs(number.scaleb(fact.places)) > MAX_INTEGER:
        raise BadCell(f"'{text}' is not within ±2^53", "write a smaller number")
    return int(number) if fact.type is FactType.INTEGER else number


def _interval(kind: Op | None, value: Any, fact: Fact) -> Interval:
    """The test as a closed interval of coded values."""
    if kind is None:
        (low_op, low), (high_op, high) = value
        return unit(low, fact) + (low_op is Op.GT), unit(high, fact) - (high_op is Op.LT)
    number = unit(value, fact)
    match kind:
        case Op.LT | Op.LE:
            return -MAX_INTEGER, number - (kind is Op.LT)
        case Op.GT | Op.GE:
            return number + (kind is Op.GT), MAX_INTEGER
        case _:
            return number, number


def _union(spans: list[Interval], fact: Fact) -> Clauses:
    """A union of intervals as clauses: an outer bound on each side, and one for every gap."""
    if not spans:
        raise BadCell("nothing satisfies this cell", "remove the row, or widen the cell")
    if spans == [(-MAX_INTEGER, MAX_INTEGER)]:
        return [[(Op.PRESENT, True)]]

    def shown(coded: int) -> int | Decimal:
        return coded if fact.type is FactType.INTEGER else Decimal(coded).scaleb(-fact.places)

    clauses: Clauses = []
    if spans[0][0] > -MAX_INTEGER:
        clauses.append([(Op.GE, shown(spans[0][0]))])
    for (_, end), (begin, _) in pairwise(spans):
        clauses.append([(Op.LE, shown(end)), (Op.GE, shown(begin))])
    if spans[-1][1] < MAX_INTEGER:
        clauses.append([(Op.LE, shown(spans[-1][1]))])
    return clauses
