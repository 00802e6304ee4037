"""How facts and rules are put to durable-rules so that none of its coercions can bite.

It compares text modulo 65,536 characters, turns '12' into 12, and knows properties by a 32-bit
hash of their names. So it never sees text or a name anyone chose: facts are called f0, f1, …,
words become small integers, decimals scaled integers, and set membership and absence are worked
out beforehand and sent as one-bit properties (m0x0, a0) only when true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from rules.facts import MAX_INTEGER, Coded, Fact
from rules.model import Condition, Op, Rule

Term = tuple[str, str, int]
"""(property, durable-rules operator or "" for equality, integer)."""

Path = tuple[Term, ...]
"""A conjunction of terms; a rule has several when it holds ``any`` groups."""

_ORDERING = {Op.NE: "$neq", Op.LT: "$lt", Op.LE: "$lte", Op.GT: "$gt", Op.GE: "$gte"}
_NO_WORD = 0
_LOWEST = -2 * MAX_INTEGER
"""No value is sent as less than this."""


class FactCode:
    """The encoding of one fact: its terms, collected first, and then its JSON fragments."""

    def __init__(self, index: int, fact: Fact) -> None:
        self._fact = fact
        self._index = index
        self._words: dict[Coded, int] = {False: 0, True: 1} if fact.type == "boolean" else {}
        self._sets: dict[frozenset[Coded], str] = {}
        self._absence_asked = False

    def terms(self, condition: Condition) -> tuple[Term, ...]:
        """Terms that together say what ``condition`` says."""
        expected, name = condition.expected, f"f{self._index}"
        match condition.op:
            case Op.PRESENT:
                return ((name, "$gte", _LOWEST),)
            case Op.ABSENT:
                self._absence_asked = True
                return ((f"a{self._index}", "", 1),)
            case Op.IN:
                members = frozenset(_tuple(expected))
                bit = self._sets.setdefault(members, f"m{self._index}x{len(self._sets)}")
                return ((bit, "", 1),)
            case Op.NOT_IN:
                return tuple((name, "$neq", self._integer(value)) for value in _tuple(expected))
            case op:
                assert expected is not None and not isinstance(expected, tuple)
                return ((name, _ORDERING.get(op, ""), self._integer(expected)),)

    def properties(self) -> list[str]:
        """Every property this fact can give rise to."""
        names = [f"f{self._index}", *self._sets.values()]
        names += [f"a{self._index}"] if self._absence_asked else []
        return names

    def fragments(self) -> Callable[[Coded | None], str]:
        """The closure that spells a coded value as JSON members, each followed by a comma."""
        prefix = f'"f{self._index}":'
        missing = f'"a{self._index}":1,' if self._absence_asked else ""
        sets = tuple((members, f'"{bit}":1,') for members, bit in self._sets.items())

        def spell(value: Coded, number: int) -> str:
            bits = "".join([text for members, text in sets if value in members])
            return f"{prefix}{number},{bits}"

        if self._fact.numeric:
            if not sets:
                return lambda value: missing if value is None else f"{prefix}{value},"
            return lambda value: missing if value is None else spell(value, value)  # type: ignore[arg-type]
        named = set(self._words).union(*self._sets) if self._sets else set(self._words)
        spelt: dict[Coded | None, str] = {
            value: spell(value, self._words.get(value, _NO_WORD)) for value in named
        }
        spelt[None] = missing
        other = f"{prefix}{_NO_WORD},"
        return lambda value: spelt.get(value, other)

    def _integer(self, value: Coded) -> int:
        if self._fact.numeric:
            return int(value)
        return self._words.setdefault(value, len(self._words) + 1)


def paths(rule: Rule, codes: dict[str, FactCode]) -> list[Path]:
    """The rule as alternatives, each a conjunction of terms."""
    alternatives: list[Path] = []
    for choice in product(*rule.clauses):
        terms = [
            term for condition in choice for term in codes[condition.fact.name].terms(condition)
        ]
        alternatives.append(tuple(dict.fromkeys(terms)))
    return list(dict.fromkeys(alternatives))


def fact_index(term: Term) -> int:
    """The position of the fact a term is about: 3 of f3, a3 and m3x1."""
    return int(term[0][1:].partition("x")[0])


def as_durable(path: Sequence[Term]) -> dict[str, Any]:
    """One path as a durable-rules rule over a single fact ``m``."""
    tests = [
        {operator: {name: number}} if operator else {name: number}
        for name, operator, number in path
    ]
    return {"all": [{"m": {"$and": tests}}]}


def name_hash(name: str) -> int:
    """FNV-1a, 32 bits: the only thing durable-rules keeps of a property name."""
    value = 2166136261
    for byte in name.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def _tuple(expected: Coded | tuple[Coded, ...] | None) -> tuple[Coded, ...]:
    assert isinstance(expected, tuple)
    return expected
