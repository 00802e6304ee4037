"""Facts in: checked, coded and looked up, once for each distinct value.

Values recur, so what follows from one (its line of the trace, the clauses it satisfies, its
spelling for the matcher) is remembered, up to a bound. A remembered value is only used when the
types of all facts are a combination that passed every check before: 1, 1.0 and True are equal as
dictionary keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import getitem, or_
from typing import NamedTuple

from rules.facts import BadFact, Coded, Fact, FactType, Scalar
from rules.python_evaluator import Cell, Outcome

MAX_REMEMBERED = 2048
MAX_COMBINATIONS = 512

FactTrace = tuple[str, Scalar | None, tuple[Outcome, ...]]
"""(fact, what it was or None, every condition that reads it with its outcome)."""

Entry = tuple[FactTrace, int, str]
"""(line of the trace, clauses it satisfies, spelling) of one value of one fact."""


class Seen(NamedTuple):
    """Everything both evaluators need, and the trace: columns in schema order.

    A problem names a fact and says what is wrong with it.
    """

    trace: tuple[FactTrace, ...]
    satisfied: int
    spelt: tuple[str, ...]
    problems: Mapping[str, str]


class Intake:
    """Reads mappings of facts. ``find`` and ``spell`` hold one function for each fact."""

    def __init__(
        self,
        facts: Sequence[Fact],
        find: Sequence[Callable[[Coded | None], Cell]],
        spell: Sequence[Callable[[Coded | None], str]],
    ) -> None:
        self._names = tuple(fact.name for fact in facts)
        self._columns = tuple(map(Column, facts, find, spell))
        self._combinations: set[tuple[type, ...]] = set()

    def read(self, given: Mapping[str, object]) -> Seen:
        """What can be told from ``given``; never raises for what it holds.

        A value that does not fit its declaration counts as missing *and* as a problem; so does a
        required fact that is not there. An explicit None is the same as not there.
        """
        raw = list(map(given.get, self._names))
        types = tuple(map(type, raw))
        problems: Mapping[str, str] = {}
        if types in self._combinations:
            try:
                entries = list(map(getitem, self._columns, raw))
            except (BadFact, TypeError):  # a signalling NaN is a Decimal that has no hash
                entries, problems = self._one_by_one(raw)
        else:
            entries, problems = self._one_by_one(raw)
            if not problems and len(self._combinations) < MAX_COMBINATIONS:
                self._combinations.add(types)
        trace, satisfied, spelt = zip(*entries, strict=True)
        return Seen(trace, reduce(or_, satisfied), spelt, problems)

    def _one_by_one(self, raw: Sequence[object]) -> tuple[list[Entry], Mapping[str, str]]:
        entries: list[Entry] = []
        problems: dict[str, str] = {}
        for name, column, value in zip(self._names, self._columns, raw, strict=True):
            try:
                entries.append(column.entry(value))
            except BadFact as error:
                problems[name] = str(error)
                entries.append(column.missing)
        return entries, problems


class Column(dict[object, Entry]):
    """The entries of one fact by raw value; one that is not known yet is worked out when asked for.

    Decimals are not remembered, for they seldom recur.
    """

    __slots__ = ("_find", "_name", "_read", "_required", "_scale", "_spell", "missing")

    def __init__(
        self,
        fact: Fact,
        find: Callable[[Coded | None], Cell],
        spell: Callable[[Coded | None], str],
    ) -> None:
        super().__init__()
        self._name, self._required = fact.name, fact.required
        self._read, self._find, self._spell = fact.reader(), find, spell
        self._scale = 10**fact.places if fact.type is FactType.DECIMAL else 0
        satisfied, outcomes = find(None)
        self.missing: Entry = (fact.name, None, outcomes), satisfied, spell(None)
        if not fact.required:
            self[None] = self.missing

    def entry(self, value: object) -> Entry:
        """The entry of ``value``, worked out anew. Raises BadFact if it does not fit."""
        if value is None:
            if self._required:
                raise BadFact("is required and missing")
            return self.missing
        coded = self._read(value)
        satisfied, outcomes = self._find(coded)
        if self._scale:
            shown: float = coded / self._scale  # type: ignore[operator]  # decimals are int
            return (self._name, shown, outcomes), satisfied, self._spell(coded)
        entry = (self._name, coded, outcomes), satisfied, self._spell(coded)
        if len(self) < MAX_REMEMBERED:
            self[value] = entry
        return entry

    __missing__ = entry
