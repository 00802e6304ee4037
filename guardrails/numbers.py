"""Card and telephone numbers: runs of digits and what people put between them.

Everything is sought inside runs, which are found first and fast; a run is read from left to right
once, so that the time is linear in the text whatever it holds. ``in_ascii`` comes before both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

Span = tuple[int, int]

_GAP = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015-]"
_DOTTED = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015.-]"
_ANY = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015./-]"
_RUN = re.compile(r"[0-9(+][0-9 \t\u00a0\u2007\u2009\u202f\u2010-\u2015./()+-]{6,}+")
_ODD_DIGIT = re.compile(r"[^\x00-\x7f](?<=\d)")
_DIGITS = re.compile(r"[0-9]+")
# Thirteen digits or more with at most one thing between each two of them.
_CHAIN = re.compile(rf"[0-9](?:{_DOTTED}?[0-9]){{12,}}+")
_FOURS = re.compile(r"(?<!\w)[0-9]{4}(?:[^\w+]{0,2}[\s/_|.-][\s>|]{0,3}[0-9]{4}){3}(?!\w)")
_BETWEEN = str.maketrans("", "", " \t\u00a0\u2007\u2009\u202f./()+-" + "".join(
    map(chr, range(0x2010, 0x2016))))  # fmt: skip
_WORD = re.compile(r"\w")
_GROUP = rf"(?>{_ANY}{{0,2}}\([0-9]{{1,5}}\){_ANY}{{0,2}}[0-9]{{1,12}}|{_ANY}{{1,3}}[0-9]{{1,12}})"
# A date comes first, to be left alone; then with a country code, with a trunk zero, in brackets,
# and groups without either, where dots would be a version or an address of a machine. Nothing here
# gives back what it took: what is too much at the end of a match is cut off afterwards.
_NUMBER = (
    r"(?:"
    r"(?P<date>[0-9]{4}(?P<a>[-./])[0-9]{1,2}(?P=a)[0-9]{1,2}(?![0-9]|(?P=a)[0-9])"
    r"|[0-9]{1,2}(?P<b>[-./])[0-9]{1,2}(?P=b)[0-9]{2,4}(?![0-9]|(?P=b)[0-9]))"
    rf"|(?P<sure>(?>\(\+[0-9]{{1,4}}\){_DOTTED}?[0-9]{{0,12}}|\+[0-9]{{1,15}}"
    rf"|00[1-9][0-9]{{0,13}}){_GROUP}{{0,8}}+"
    rf"|0[1-9][0-9]{{0,5}}+(?:{_ANY}{{1,3}}[0-9]{{2,10}}){{1,5}}+|0[1-9][0-9]{{8,10}}+"
    rf"|\([0-9]{{2,5}}\)[/ -]{{0,2}}[0-9]{{2,10}}+(?:{_DOTTED}[0-9]{{2,8}}){{0,3}}+)"
    rf"|(?P<dots>[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{4}}(?![\w.]))"
    rf"|(?P<first>(?>[0-9]{{3,7}}|[0-9]{{1,3}}{_GAP}?\([0-9]{{2,4}}\)"
    rf"|[0-9]{{1,3}}{_GAP}[0-9]{{2,4}}))(?:{_GAP}[0-9]{{2,4}}){{2,4}}+)"
)
_PHONE = re.compile(r"(?<![\w.+])" + _NUMBER)
# Right behind a number, where none would begin behind a word.
_BESIDE = re.compile(r"(?=[+(])" + _NUMBER)
_LEAST_PHONE, _MOST_PHONE = 8, 15
# As many whole groups as a telephone number has room for.
_FITS = re.compile(rf"(?:[^0-9]*+[0-9]){{{_LEAST_PHONE},{_MOST_PHONE}}}(?![0-9])")
_LEAST_CARD, _MOST_CARD = 13, 19
_CARD_GROUPS = 8
_PLAIN = bytes(max(0, byte - 48) % 10 for byte in range(256))
_TWICE = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[value] for value in _PLAIN)


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check (ISO/IEC 7812-1)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def in_ascii(text: str) -> str:
    """``text`` with the digits of every script as 0 to 9, each at its place."""
    if text.isascii() or _ODD_DIGIT.search(text) is None:
        return text
    return text.translate(_odd_digits())


@cache
def _odd_digits() -> dict[int, str]:
    """The decimal digits of Unicode beyond ASCII, which lie between U+0660 and U+1FBF9."""
    several = filter(str.isdecimal, map(chr, range(0x660, 0x1FC00)))
    return {ord(digit): str(int(digit)) for digit in several}


def digits_of(text: str) -> str:
    """The digits of ``text`` without what people put between them."""
    return text.translate(_BETWEEN)


def cards(text: str) -> Iterator[Span]:
    """Card numbers: 13 to 19 digits in at most eight groups that pass the Luhn check."""
    for match in _CHAIN.finditer(text):
        start, end = match.span()
        if start and _WORD.match(text, start - 1):
            start = _skipped(text, start, 1)
        if end < len(text) and _WORD.match(text, end):
            end = _skipped(text, end - 1, -1) + 1
        if end - start >= _LEAST_CARD:
            yield from _in_chain(text[start:end], start)


def cards_in_fours(text: str) -> Iterator[Span]:
    """Card numbers in four groups of four, with a line's end or other marks between them."""
    for match in _FOURS.finditer(text):
        if luhn("".join(_DIGITS.findall(match.group()))):
            yield match.span()


def _skipped(text: str, place: int, step: int) -> int:
    """The first place beyond this group of digits and the gap behind it."""
    while 0 <= place < len(text) and text[place] in "0123456789":
        place += step
    return place + step


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers of 8 to 15 digits."""
    for run in _RUN.finditer(text):
        if len(digits_of(run.group())) >= _LEAST_PHONE:
            yield from _in_run(text, run.start(), min(run.end() + 1, len(text)))


def _in_run(text: str, place: int, limit: int) -> Iterator[Span]:
    match = _PHONE.search(text, place, limit)
    while match is not None:
        start, place = match.span()
        stop = None if match["date"] is not None else _end_of_phone(text, match)
        if stop is not None:
            yield start, stop
            place = stop
            match = _BESIDE.match(text, place, limit) or _PHONE.search(text, place, limit)
            continue
        if match["first"] is None or _cut(text, match):
            # A later part of it may still be one; of a row of numbers that is too long, none is.
            place = place if match["date"] is not None else start + 1
        match = _PHONE.search(text, place, limit)


def _end_of_phone(text: str, match: re.Match[str]) -> int | None:
    """Where a telephone number ends, without the groups that are too many; None for no number."""
    start, end = match.span()
    sure = match["sure"] is not None
    if _cut(text, match):
        # The last group is part of a word.
        while end > start and text[end - 1] in "0123456789":
            end -= 1
        if not sure and len(_DIGITS.findall(text, match.end("first"), end)) < 2:
            return None
        while end > start and text[end - 1] not in "0123456789":
            end -= 1
    fits = _FITS.match(text, start, end)
    if fits is None or (not sure and fits.end() != end):
        return None
    return fits.end()


def _cut(text: str, match: re.Match[str]) -> bool:
    """Whether a word goes on where the match ends."""
    return match.end() < len(text) and _WORD.match(text, match.end()) is not None


def _in_chain(chain: str, at: int) -> Iterator[Span]:
    """The card numbers in one chain of groups; from each start the longest that is one.

    One character lies between two groups, so the place of a group follows from the digits before.
    """
    lengths = list(map(len, _DIGITS.findall(chain)))
    begins = [0, *accumulate(lengths)]
    ends, count = begins[1:], len(lengths)
    if not ends or ends[-1] < _LEAST_CARD:
        return
    dots = "." in chain
    if count == ends[-1] <= _MOST_CARD and not dots:
        # Every digit by itself.
        if luhn(digits_of(chain)):
            yield at, at + len(chain)
        return
    furthest = ends[_CARD_GROUPS - 1 :] + [ends[-1]] * (_CARD_GROUPS - 1)
    starts = [
        place
        for place, (before, end, most) in enumerate(zip(begins, ends, furthest, strict=False))
        if most - before >= _LEAST_CARD and end - before <= _MOST_CARD
    ]
    if not starts:
        return
    even, odd = _luhn_sums(digits_of(chain))
    last = free = 0
    for first in starts:
        if first < free or (dots and _fraction(chain, lengths, begins, first)):
            continue
        before, found = begins[first], 0
        while ends[last] - before < _LEAST_CARD:
            last += 1
        at_even, at_odd = even[before], odd[before]
        for place, end in enumerate(ends[last : first + _CARD_GROUPS], last):
            if end - before > _MOST_CARD:
                break
            over = odd[end] - at_odd if end & 1 else even[end] - at_even
            if over % 10 == 0 and not (
                # Short groups between dots are versions and addresses of machines.
                dots
                and min(lengths[first : place + 1]) < 3
                and "." in chain[before + first : end + place]
            ):
                found = place + 1
        if found:
            yield at + before + first, at + ends[found - 1] + found - 1
            free = found


def _fraction(chain: str, lengths: list[int], begins: list[int], first: int) -> bool:
    """Whether a group is what stands behind a decimal point."""
    if not first or chain[begins[first] + first - 1] != ".":
        return False
    return lengths[first - 1] < 3 or lengths[first] >= _LEAST_CARD


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Running Luhn sums, for numbers that end at an even and at an odd place."""
    plain = digits.encode().translate(_PLAIN)
    twice = digits.encode().translate(_TWICE)
    even, odd = bytearray(plain), bytearray(plain)
    even[0::2] = twice[0::2]
    odd[1::2] = twice[1::2]
    return [0, *accumulate(even)], [0, *accumulate(odd)]
