"""Facts in: checked, coded and looked up, once for each distinct value.

Values recur, so what follows from one (its line of the trace, the clauses it satisfies, its
spelling for the matcher) is remembered, up to a bound. A remembered value is only used when the
types of all facts are a combination that passed every check before: 1, 1.0 and True are equal as
dictionary keys. Decimals are not remembered, for they seldom recur.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import call, or_
from typing import Any, NamedTuple

from rules.facts import BadFact, Coded, Fact, FactType, Scalar
from rules.python_evaluator import Cell, Outcome

MAX_REMEMBERED = 2048
MAX_COMBINATIONS = 512
_PLAIN = {str, int, float, bool, Decimal, type(None)}
"""A subclass of these may have any hash and equal anything: its values are never looked up."""

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
        self._missing = tuple(map(_missing, facts, find, spell))
        self._work_out = tuple(map(_working_out, facts, find, spell))
        self._look_up = tuple(
            work_out if fact.type is FactType.DECIMAL else Remembered(work_out).__getitem__
            for fact, work_out in zip(facts, self._work_out, strict=True)
        )
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
                entries = list(map(call, self._look_up, raw))
            except BadFact:
                entries, problems = self._one_by_one(raw)
        else:
            entries, problems = self._one_by_one(raw)
            if not problems and len(self._combinations) < MAX_COMBINATIONS and set(types) <= _PLAIN:
                self._combinations.add(types)
        trace, satisfied, spelt = zip(*entries, strict=True)
        return Seen(trace, reduce(or_, satisfied), spelt, problems)

    def _one_by_one(self, raw: Sequence[object]) -> tuple[list[Entry], Mapping[str, str]]:
        entries: list[Entry] = []
        problems: dict[str, str] = {}
        for index, value in enumerate(raw):
            try:
                entries.append(self._work_out[index](value))
            except BadFact as error:
                problems[self._names[index]] = str(error)
                entries.append(self._missing[index])
        return entries, problems


class Remembered(dict[object, Entry]):
    """Entries by raw value; one that is not there is worked out and, up to a bound, kept."""

    def __init__(self, work_out: Callable[[object], Entry]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, value: object) -> Entry:
        entry = self._work_out(value)
        if len(self) < MAX_REMEMBERED:
            self[value] = entry
        return entry


def _working_out(
    fact: Fact, find: Callable[[Coded | None], Cell], spell: Callable[[Coded | None], str]
) -> Callable[[object], Entry]:
    """From a raw value to its entry; raises BadFact for one that does not fit."""
    name, required, read = fact.name, fact.required, fact.reader()
    scale: Any = 10**fact.places
    missing = _missing(fact, find, spell)

    def work_out(value: object) -> Entry:
        if value is None:
            if required:
                raise BadFact("is required and missing")
            return missing
        coded = read(value)
        satisfied, outcomes = find(coded)
        return (name, coded, outcomes), satisfied, spell(coded)

    def work_out_decimal(value: object) -> Entry:
        if value is None:
            return work_out(value)
        coded = read(value)
        satisfied, outcomes = find(coded)
        return (name, coded / scale, outcomes), satisfied, spell(coded)

    return work_out_decimal if fact.type is FactType.DECIMAL else work_out


def _missing(
    fact: Fact, find: Callable[[Coded | None], Cell], spell: Callable[[Coded | None], str]
) -> Entry:
    satisfied, outcomes = find(None)
    return (fact.name, None, outcomes), satisfied, spell(None)
