"""IBANs (ISO 13616): the length each country has registered, and the remainder modulo 97."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from string import ascii_letters, digits

_BY_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "AO CV GW LY MZ PT ST", 26: "IR IS TR",
    27: "BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD",
    28: "AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG", 29: "BR EG PS QA UA",
    30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
_LENGTHS = {
    country: length for length, several in _BY_LENGTH.items() for country in several.split()
}
_LEAST, _MOST = 15, 34
_VALUES = {letter: str(int(letter, 36)) for letter in ascii_letters + digits}
# Sought by its two check digits, which are rarer than letters.
_START = re.compile(
    r"[0-9][0-9](?:(?<=[A-Za-z]{2}..)(?:(?<!\w.{4})|(?<=[Ii][Bb][Aa][Nn].{4}))"
    r"|(?<=[A-Za-z]{2}[ \u00a0]..)(?<!\w.{5}))"
)
_GAPS = " \u00a0\t\r\n.-"
_STRETCH = re.compile(rf"[A-Za-z0-9{_GAPS}]{{15,400}}+")
_LONGEST = 50
"""An IBAN of 34 characters in groups of three, and some more."""
_DIGIT_OR_MARK = re.compile(r"[\d_]")


def iban(text: str) -> bool:
    """Whether a string is an IBAN: 15 to 34 characters, remainder 1 modulo 97."""
    plain = text.replace(" ", "")
    if not _LEAST <= len(plain) <= _MOST or not set(plain) <= set(_VALUES):
        return False
    return int("".join(map(_VALUES.__getitem__, plain[4:] + plain[:4]))) % 97 == 1


def ibans(text: str) -> Iterator[tuple[int, int]]:
    """IBANs, in groups or not, whatever words stand behind them."""
    stretch: _Stretch | None = None
    free = 0
    for begins in _START.finditer(text):
        start = begins.start() - 2
        if text[start + 1] in _GAPS:
            start -= 1
        length = _LENGTHS.get(text[start : start + 2].upper())
        if length is None or start < free:
            continue
        if stretch is None or not stretch.covers(start):
            match = _STRETCH.match(text, start)
            if match is None:
                continue
            stretch = _Stretch(match)
        end = stretch.end_of(start, length)
        # A word may be written on behind it, such as a currency; a number would be part of it.
        if end is not None and (end == len(text) or not _DIGIT_OR_MARK.match(text, end)):
            yield start, end
            free = end


class _Stretch:
    """Letters, digits and gaps, spelt in digits once, however many IBANs may begin in them."""

    def __init__(self, match: re.Match[str]) -> None:
        self._start, self._end = match.span()
        held = match.group()
        self._whole = len(held) < 400
        self._places = [place for place, char in enumerate(held) if char not in _GAPS]
        self._index = {place: at for at, place in enumerate(self._places)}
        spelt = [_VALUES[held[place]] for place in self._places]
        self._digits = "".join(spelt)
        self._offsets = [0, *accumulate(map(len, spelt))]

    def covers(self, start: int) -> bool:
        """Whether an IBAN that begins at ``start`` would lie within."""
        return start < self._end and (self._whole or start + _LONGEST <= self._end)

    def end_of(self, start: int, length: int) -> int | None:
        """Where the IBAN that begins at ``start`` ends; None where none begins."""
        first = self._index[start - self._start]
        if first + length > len(self._places):
            return None
        offsets, spelt = self._offsets, self._digits
        head, body, end = offsets[first], offsets[first + 4], offsets[first + length]
        if int(spelt[body:end] + spelt[head:body]) % 97 != 1:
            return None
        return self._start + self._places[first + length - 1] + 1
