"""One item as the online mode sees it, and the hashed features of its text and attributes."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from signalbox.learning.online.arrays import Floats, Ints

MISSING = frozenset({"", "?", "na", "n/a", "nan", "none", "null"})
WORD = re.compile(r"\w+", re.UNICODE)
MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """Text and attributes known when the decision is due; ``vector`` is an optional embedding."""

    text: str | None
    values: tuple[str, ...]
    time: datetime | None = None
    vector: Floats | None = None

    @property
    def hours(self) -> float:
        """Hours since the epoch, nan where the row carries no time."""
        if self.time is None:
            return math.nan
        days = self.time.toordinal()
        return days * 24.0 + self.time.hour + self.time.minute / 60 + self.time.second / 3600

    def to_json(self) -> list[Any]:
        """Text, values and time as plain values; the embedding is left out."""
        return [self.text, list(self.values), self.time.isoformat() if self.time else None]

    @classmethod
    def from_json(cls, values: list[Any]) -> Row:
        """The reverse of :meth:`to_json`."""
        text, attributes, time = values
        return cls(text, tuple(attributes), datetime.fromisoformat(time) if time else None)


def clean(value: object) -> str:
    """An attribute as text; every spelling of "missing" becomes the empty string."""
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in MISSING else text


def values_of(attributes: Mapping[str, object], columns: Sequence[str]) -> tuple[str, ...]:
    """The row's attributes in column order, missing ones as the empty string."""
    return tuple(clean(attributes.get(c)) for c in columns)


def text_terms(text: str) -> list[str]:
    """Word 1-2-grams and character 3-5-grams inside words, lower case, digits kept."""
    words = WORD.findall(text[:MAX_CHARACTERS].lower())
    terms = [f"w {w}" for w in words]
    terms += [f"w {a} {b}" for a, b in pairwise(words)]
    for word in words:
        padded = f" {word} "
        for n in (3, 4, 5):
            terms += [padded[i : i + n] for i in range(len(padded) - n + 1)]
    return terms


def hashes(terms: Sequence[str]) -> tuple[Ints, Floats]:
    """CRC-32 of each distinct term (uint32 in int64) with its sublinear count 1 + ln(n)."""
    if not terms:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    codes = np.fromiter((zlib.crc32(t.encode()) for t in terms), np.int64, len(terms))
    unique, counts = np.unique(codes, return_counts=True)
    return unique, (1 + np.log(counts)).astype(np.float32)
