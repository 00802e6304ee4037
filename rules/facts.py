"""Typed facts: the only things a rule may read. Flat scalars with declared names, never text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

MAX_STRING = 1024
MAX_INTEGER = 2**53
MAX_PLACES = 9
_SURE = 2**40
_MOST_DIGITS = 16
_QUOTED = 40

Scalar = str | int | float | bool | Decimal
Coded = str | int | bool
"""A checked value: decimals are integers scaled by 10**places, so that equality is exact."""


class FactType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"


class BadFact(ValueError):
    """A value that does not fit its fact's declaration. Never reaches a user by itself."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Declaration of one fact.

    ``max_length`` in characters (at most 1024), ``places`` decimal places kept (half-even),
    integers and scaled decimals within ±2**53 (exact in every JSON reader). ``from_text`` marks
    what was measured on the text of a task, which may raise a verdict and never permit anything.
    """

    name: str
    type: FactType
    required: bool = False
    enum: tuple[str, ...] = ()
    max_length: int = MAX_STRING
    places: int = 0
    from_text: bool = field(default=False, compare=False)

    @property
    def numeric(self) -> bool:
        return self.type in (FactType.INTEGER, FactType.DECIMAL)

    def reader(self) -> Callable[[object], Coded]:
        """The check of this type as a closure: value in, coded value out, BadFact raised."""
        match self.type:
            case FactType.STRING:
                return self._string_reader()
            case FactType.INTEGER:
                return _read_integer
            case FactType.DECIMAL:
                return self._decimal_reader()
            case FactType.BOOLEAN:
                return _read_boolean

    def shown(self, coded: Coded) -> Scalar:
        """The value as people and JSON see it: a scaled decimal turns back into a number."""
        return coded / 10**self.places if self.type is FactType.DECIMAL else coded

    def literal(self, value: object) -> Coded:
        """A value written in a rule. Stricter than a fact: nothing is rounded."""
        coded = self.reader()(value)
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        if isinstance(exact, Decimal) and exact.scaleb(self.places) != coded:
            raise BadFact(f"{value} has more than {self.places} decimal places")
        return coded

    def _string_reader(self) -> Callable[[object], str]:
        allowed, longest = frozenset(self.enum), self.max_length

        def read(value: object) -> str:
            if type(value) is not str:
                if not isinstance(value, str):
                    raise BadFact(f"expects a string, got {_type_name(value)}")
                value = str(value)
            if allowed:
                if value not in allowed:
                    # Whole or not at all: half a number is not recognised as one when redacted.
                    told = f"'{value}'" if len(value) <= _QUOTED else "holds a text that"
                    raise BadFact(f"{told} is not one of {', '.join(self.enum)}")
                return value
            if len(value) > longest:
                raise BadFact(f"is longer than {longest} characters")
            if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
                raise BadFact("holds half of a surrogate pair")
            if "\x00" in value:
                raise BadFact("contains a NUL character")
            return value

        return read

    def _decimal_reader(self) -> Callable[[object], int]:
        scale: int = 10**self.places
        limit = f"is not within ±{MAX_INTEGER / scale:g}"

        def read(value: object) -> int:
            if type(value) is float:
                if not -MAX_INTEGER <= value <= MAX_INTEGER:  # also catches NaN
                    raise BadFact(f"{value} {limit}")
                scaled = value * scale
                coded = round(scaled)
                # Away from halves, and while the product is exact enough, this is the answer.
                if -0.499 < scaled - coded < 0.499 and -_SURE < coded < _SURE:
                    return coded
                coded = round(Fraction(value) * scale)
            elif type(value) is int:
                coded = value * scale
            elif isinstance(value, Decimal):
                if not value.is_finite() or (value and value.adjusted() > _MOST_DIGITS):
                    raise BadFact(f"{str(value)[:40]} {limit}")
                # A fraction is exact; the context of decimals would round to 28 digits first.
                tiny = not value or value.adjusted() < -_MOST_DIGITS
                coded = 0 if tiny else round(Fraction(value) * scale)
            else:
                raise BadFact(f"expects a decimal, got {_type_name(value)}")
            if not -MAX_INTEGER <= coded <= MAX_INTEGER:
                raise BadFact(limit if type(value) is int else f"{str(value)[:40]} {limit}")
            return coded

        return read


def _read_integer(value: object) -> int:
    if type(value) is not int:
        raise BadFact(f"expects an integer, got {_type_name(value)}")
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise BadFact("is not within ±2^53")
    return value


def _read_boolean(value: object) -> bool:
    if value is True or value is False:
        return value
    raise BadFact(f"expects a boolean, got {_type_name(value)}")


def _type_name(value: object) -> str:
    names = {str: "string", int: "integer", float: "decimal", Decimal: "decimal", bool: "boolean"}
    return names.get(type(value), type(value).__name__)


@dataclass(frozen=True, slots=True)
class FactSchema:
    """The declared facts, in order. Whatever else a caller supplies is not looked at."""

    facts: tuple[Fact, ...]

    def __getitem__(self, name: str) -> Fact:
        return self.by_name[name]

    @property
    def by_name(self) -> dict[str, Fact]:
        return {fact.name: fact for fact in self.facts}
