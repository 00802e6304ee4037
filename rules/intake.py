"""Facts in: checked, coded and looked up, once for each distinct value.

Values recur, so what follows from one (its cell in the Python tables, its spelling for the
matcher) is remembered, up to a bound. A remembered value is only used when the types of all facts
are a combination that passed every check before: 1, 1.0 and True are equal as dictionary keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from rules.facts import BadFact, Coded, Fact, FactType, Scalar
from rules.python_evaluator import Cell, Outcome

MAX_REMEMBERED = 2048
MAX_COMBINATIONS = 512

Entry = tuple[Scalar | None, int, tuple[Outcome, ...], str]
"""(value shown, clauses it satisfies, outcomes, spelling) of one value of one fact."""


class Seen(NamedTuple):
    """Everything both evaluators need, and the trace: columns in schema order."""

    got: tuple[Scalar | None, ...]
    satisfied: int
    outcomes: tuple[tuple[Outcome, ...], ...]
    spelt: tuple[str, ...]


class Intake:
    """Reads mappings of facts. ``find`` and ``spell`` hold one function for each fact."""

    def __init__(
        self,
        facts: Sequence[Fact],
        find: Sequence[Callable[[Coded | None], Cell]],
        spell: Sequence[Callable[[Coded | None], str]],
    ) -> None:
        self._facts = facts
        self._names = tuple(fact.name for fact in facts)
        self._remembered: tuple[dict[object, Entry], ...] = tuple({} for _ in facts)
        self._missing: list[Entry] = []
        self._enter: list[Callable[[object], Entry]] = []
        for fact, cell_of, text_of, known in zip(facts, find, spell, self._remembered, strict=True):
            satisfied, outcomes = cell_of(None)
            missing = (None, satisfied, outcomes, text_of(None))
            self._missing.append(missing)
            if not fact.required:
                known[None] = missing
            self._enter.append(_entering(fact, cell_of, text_of, known))
        self._fresh = tuple(
            (index, self._enter[index])
            for index, fact in enumerate(facts)
            if fact.type is FactType.DECIMAL
        )
        self._combinations: set[tuple[type, ...]] = set()

    def read(self, given: Mapping[str, object]) -> tuple[Seen, Mapping[str, str]]:
        """(what was seen, problems); a problem names a fact and says what is wrong with it.

        A value that does not fit its declaration counts as missing *and* as a problem; so does a
        required fact that is not there. An explicit None is the same as not there.
        """
        raw = list(map(given.get, self._names))
        types = tuple(map(type, raw))
        problems: dict[str, str] = {}
        entries: list[Entry | None]
        if types in self._combinations:
            try:
                entries = list(map(dict.get, self._remembered, raw))
            except TypeError:  # a signalling NaN is a Decimal that cannot be looked up
                entries = [None] * len(raw)
            for index, enter in self._fresh:
                value = raw[index]
                try:
                    entries[index] = self._missing[index] if value is None else enter(value)
                except BadFact as error:
                    problems[self._names[index]] = str(error)
                    entries[index] = self._missing[index]
            if None in entries:
                for index, entry in enumerate(entries):
                    if entry is None:
                        entries[index] = self._checked(index, raw[index], problems)
        else:
            entries = [self._checked(index, value, problems) for index, value in enumerate(raw)]
            if not problems and len(self._combinations) < MAX_COMBINATIONS:
                self._combinations.add(types)
        got, satisfied, outcomes, spelt = zip(*entries, strict=True)
        return Seen(got, reduce(or_, satisfied), outcomes, spelt), problems

    def _checked(self, index: int, value: object, problems: dict[str, str]) -> Entry:
        if value is not None:
            try:
                return self._enter[index](value)
            except BadFact as error:
                problems[self._facts[index].name] = str(error)
        elif self._facts[index].required:
            problems[self._facts[index].name] = "is required and missing"
        return self._missing[index]


def _entering(
    fact: Fact,
    find: Callable[[Coded | None], Cell],
    spell: Callable[[Coded | None], str],
    remembered: dict[object, Entry],
) -> Callable[[object], Entry]:
    """From a raw value to its entry, remembered but for decimals: those seldom recur."""
    read, scale = fact.reader(), 10**fact.places

    def enter(value: object) -> Entry:
        coded = read(value)
        satisfied, outcomes = find(coded)
        entry = coded, satisfied, outcomes, spell(coded)
        if len(remembered) < MAX_REMEMBERED:
            remembered[value] = entry
        return entry

    def enter_decimal(value: object) -> Entry:
        coded = read(value)
        satisfied, outcomes = find(coded)
        return coded / scale, satisfied, outcomes, spell(coded)

    return enter_decimal if fact.type is FactType.DECIMAL else enter
