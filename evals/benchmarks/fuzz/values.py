"""Hostile values for one fact, by class: each is something a matcher was seen to stumble over."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from rules.facts import MAX_INTEGER, Coded, Fact, FactType

Maker = Callable[[random.Random, Fact, Sequence[Coded]], Any]

TEXT_WRAP = 65_536
"""The matcher compares the length of a text modulo this."""


class _Text(str):
    """A text that claims to equal everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class _Whole(int):
    """An integer of a type of its own."""


class _Real(float):
    """A float of a type of its own."""


class _Agreeable:
    """Neither text nor number, and equal to whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash(True)


def literal(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    """A value some rule names, or one step beside it, as a caller would give it."""
    if not literals:
        return {"string": "red", "boolean": rng.random() < 0.5}.get(fact.type.value, 1)
    coded = rng.choice(literals)
    if fact.numeric:
        return fact.shown(int(coded) + rng.choice((-1, 0, 0, 1)))
    return coded


def _plain(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    match fact.type:
        case FactType.BOOLEAN:
            return rng.random() < 0.5
        case FactType.INTEGER:
            return rng.randint(-1000, 1000)
        case FactType.DECIMAL:
            return round(rng.uniform(-1000, 1000), rng.randint(0, fact.places + 1))
        case FactType.STRING:
            return rng.choice(fact.enum or ("red", "green", "blue", "", "12"))


def _long_text(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> str:
    word = str(literal(rng, fact, literals))
    length = rng.choice((1023, 1024, 1025, TEXT_WRAP - 1, TEXT_WRAP, TEXT_WRAP + 1, 2 * TEXT_WRAP))
    return word + rng.choice(("x", "\u00e9", "\0", " ")) * length


def _wrapped(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> str:
    # Of exactly the length that is the literal's own once the matcher has wrapped it.
    word = str(literal(rng, fact, literals))
    return (word + "x" * TEXT_WRAP)[: len(word) + TEXT_WRAP]


def _number_text(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> str:
    number = str(literal(rng, fact, literals))
    form = rng.choice(("{}", "{}.0", " {}", "{}e0", "0{}", "+{}", "-0", "0x10", "1_0", "NaN"))
    return rng.choice((form.format(number), "12", "true", "null", "Infinity", "9007199254740993"))


def _edge(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    whole = rng.choice((1, -1)) * (MAX_INTEGER + rng.choice((-2, -1, 0, 1, 2)))
    if fact.type is not FactType.DECIMAL or rng.random() < 0.2:
        return rng.choice((whole, whole, 2**63, -(2**63), 2**64, 10**30, float(whole)))
    scaled = Decimal(whole).scaleb(-fact.places)
    return rng.choice((scaled, float(scaled), math.nextafter(float(scaled), math.inf)))


def _tiny(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> float:
    return rng.choice((5e-324, -5e-324, 2.2e-308, 1e-300, -0.0, 1e-10, math.nextafter(0.1, 1)))


def _huge(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> float:
    return rng.choice((1.7976931348623157e308, -1e308, 1e300, 2.0**63, -(2.0**63), 1e16, 1e22))


def _half(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    """Right on, or a hair beside, the half between two values that are kept."""
    coded = Decimal(int(literal(rng, fact, literals)) if fact.numeric else 1)
    hair = Decimal(rng.choice((0, 1, -1))).scaleb(-rng.choice((1, 12, 30, 40)))
    exact = (coded + Decimal("0.5")) + hair
    value = Decimal(str(exact)).scaleb(-fact.places)
    return rng.choice(
        (value, float(value), Decimal(float(value)), Decimal(f"{coded}.5{'0' * 40}1"))
    )


def _decimal(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Decimal:
    texts = ("sNaN", "NaN", "Infinity", "-Infinity", "1E+999999", "1E-999999", "-0", "0E+999")
    return Decimal(rng.choice((*texts, "0." + "3" * 200, "1" * 200, str(rng.uniform(-5, 5)))))


def _nested(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    inner = literal(rng, fact, literals)
    deep: Any = inner
    for _ in range(rng.choice((1, 5, 200))):
        deep = rng.choice(({"$gt": deep}, [deep], {fact.name: deep}, {"": deep}))
    return rng.choice((deep, {"$not": inner}, {"value": inner, "$m": {"x": 1}}))


def _list(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    inner = literal(rng, fact, literals)
    return rng.choice(([inner], [], [inner] * 1000, (inner,), {1}, frozenset(), range(3)))


def _unicode(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> str:
    word = str(literal(rng, fact, literals))
    odd = ("\u200b", "\u202e", "\u0301", "\ufeff", "\U0001f600", "\x00", "\ud800", "\udfff", "\x7f")
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)
    one = rng.choice(odd)
    return rng.choice((word + one, one + word, word.upper(), wide, "stra\u00dfe", "STRASSE", one))


def _broken_json(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> str:
    word = str(literal(rng, fact, literals))
    tail = ('"}', '","f0":1,"', '\\"', '":1,"sid":"2","id":"2', "\\u0000", "}}", "\n", "//", "\\")
    return word + rng.choice(tail) * rng.choice((1, 1, 50))


def _impostor(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    word = str(literal(rng, fact, literals))
    odd: tuple[Any, ...] = (_Text(word), _Text("?"), _Whole(1), _Real(1.0), _Agreeable())
    return rng.choice((*odd, word.encode(), 1j, object, print, float))


def _cousin(rng: random.Random, fact: Fact, literals: Sequence[Coded]) -> Any:
    # Equal as keys of a dictionary, and of another type.
    return rng.choice((True, False, 1, 0, 1.0, 0.0, Decimal(1), Decimal("1.0"), "1", "True", ""))


VALUES: dict[str, Maker] = {
    "plain": _plain,
    "on_or_beside_a_literal": literal,
    "text_64_kib": _long_text,
    "text_that_wraps": _wrapped,
    "number_as_text": _number_text,
    "edge_of_2_53": _edge,
    "tiny_float": _tiny,
    "huge_float": _huge,
    "nan": lambda rng, fact, literals: math.nan,
    "infinity": lambda rng, fact, literals: rng.choice((math.inf, -math.inf)),
    "half_way": _half,
    "decimal": _decimal,
    "none": lambda rng, fact, literals: None,
    "list": _list,
    "nested": _nested,
    "unicode": _unicode,
    "broken_json": _broken_json,
    "impostor_type": _impostor,
    "equal_of_another_type": _cousin,
}
