"""Sets of whole numbers as sorted, closed intervals that do not touch."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rules.facts import MAX_INTEGER, Fact

Interval = tuple[int, int]
"""Both ends belong to it."""


def unit(number: int | Decimal, fact: Fact) -> int:
    """A number as it is coded: scaled by the places of its fact."""
    return int(Decimal(number).scaleb(fact.places))


def merged(spans: Iterable[Interval]) -> list[Interval]:
    """The same numbers in as few intervals as there can be."""
    result: list[Interval] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(result[-1][1], high)
        elif low <= high:
            result.append((low, high))
    return result


def complement(spans: Iterable[Interval]) -> list[Interval]:
    """Everything within ±2**53 that ``spans``, sorted and apart, leave out."""
    result, begin = [], -MAX_INTEGER
    for low, high in spans:
        if begin < low:
            result.append((begin, low - 1))
        begin = high + 1
    return [*result, (begin, MAX_INTEGER)] if begin <= MAX_INTEGER else result
