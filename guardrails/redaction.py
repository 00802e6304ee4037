"""Take personal data and secrets out of a text before it leaves the process.

Bounded patterns, checked by checksum where the field has one (Luhn: ISO/IEC 7812-1; IBAN:
ISO 13616 mod 97). Placeholders are stable within one text, so that a reader can still tell that
two mentions are the same thing. The mapping is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_GAP = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015-]"
_DOTTED = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015.-]"
_ANY = r"[ \t\u00a0\u2007\u2009\u202f\u2010-\u2015./-]"
_GROUP = rf"(?:{_ANY}{{0,2}}\(\d{{1,5}}\){_ANY}{{0,2}}\d{{1,12}}|{_ANY}{{1,3}}\d{{1,12}})"
_NAMED = (
    r"passwords?|passwd|passwort|kennwort|passphrase|passcode|pwd|secret(?:[_-]?key)?|\bpin|"
    r"api[ _-]?key|access[_-]?key|token"
)
# A date comes first, to be left alone; then with a country code, with a trunk zero, in brackets,
# and groups without either, where dots would be a version or an address of a machine.
_PHONE = (
    r"(?<![\w.+])(?:"
    r"(?P<date>\d{4}(?P<a>[-./])\d{1,2}(?P=a)\d{1,2}(?!\d|(?P=a)\d)"
    r"|\d{1,2}(?P<b>[-./])\d{1,2}(?P=b)\d{2,4}(?!\d|(?P=b)\d))"
    rf"|(?P<sure>(?:\(\+\d{{1,4}}\){_DOTTED}?\d{{0,12}}|\+\d{{1,15}}|00[1-9]\d{{0,13}})"
    rf"{_GROUP}{{0,8}}"
    rf"|0[1-9]\d{{0,5}}(?:{_ANY}{{1,3}}\d{{2,10}}){{1,5}}|0[1-9]\d{{8,10}}"
    rf"|\(\d{{2,5}}\)[/ -]{{0,2}}\d{{2,10}}(?:{_DOTTED}\d{{2,8}}){{0,3}})(?!\w)"
    rf"|\d{{3}}\.\d{{3}}\.\d{{4}}(?![\w.])"
    rf"|\d{{1,3}}{_GAP}?(?:\(\d{{2,4}}\)|\d{{2,4}})(?:{_GAP}\d{{2,4}}){{2,4}}(?!\w))"
)
# Where a pattern has a group ``hide``, only that is replaced.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("LOGIN", re.compile(r"(?<=://)(?!\[)[^\s/?#]{1,264}(?=@)")),
    (
        "SECRET",
        re.compile(
            rf"(?:{_NAMED})[\"']?\s{{0,3}}[:=]\s{{0,3}}(?!\[[A-Z]{{1,9}}_\d{{1,6}}\](?!\w))"
            r"(?P<hide>\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|\S{0,199}[^\s.,;:!?)\]}\"'])",
            re.IGNORECASE,
        ),
    ),
    (
        "SECRET",
        re.compile(
            r"(?:\bbearer|authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?\w{1,10})\s{1,3}"
            r"(?P<hide>[\w.~+/=-]{6,2000})",
            re.IGNORECASE,
        ),
    ),
    ("KEY", re.compile(r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_A-Za-z0-9]{12,200}\b")),
    ("TOKEN", re.compile(r"\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{0,2000}")),
    # Begun at the edge of a run only and taken whole, so that the time is linear in the text.
    (
        "EMAIL",
        re.compile(
            r"(?<![\w.+-])[\w.+-]++[@\uff20\ufe6b]"
            r"[\w-]{1,63}(?:[.\uff0e\u3002\uff61][\w-]{1,63}){1,8}"
        ),
    ),
    ("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("CARD", re.compile(rf"(?<!\w)\d(?:{_DOTTED}?\d){{12,40}}(?!\w)")),
    ("PHONE", re.compile(_PHONE)),
)
_MOST_PASSES = 6
_CARD_GROUPS = 8
# What a text has to hold, in small letters, for a pattern to be worth trying.
_SIGNS: dict[str, tuple[str, ...]] = {
    "LOGIN": ("://",),
    "SECRET": (
        *("pass", "pwd", "kennwort", "secret", "pin", "api", "access", "token"),
        *("bearer", "authorization"),
    ),
    "EMAIL": ("@", "\uff20", "\ufe6b"),
    "TOKEN": ("eyj",),
}


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether a string is an IBAN: 15–34 characters, remainder 1 modulo 97."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _card(match: re.Match[str]) -> tuple[int, int] | None:
    """The first groups in a run of digits that are a card number; more may stand beside them."""
    groups = list(re.finditer(r"\d+", match.group()))
    if len(groups) == len(_digits(match.group())) <= 19 and "." not in match.group():
        return match.span() if luhn(_digits(match.group())) else None
    for first, start in enumerate(groups):
        found: tuple[int, int] | None = None
        digits = ""
        for group in groups[first : first + _CARD_GROUPS]:
            digits += group.group()
            span = start.start(), group.end()
            if len(digits) > 19:
                break
            # Short groups between dots are versions and addresses of machines.
            if "." in match.group()[slice(*span)] and len(group.group()) < 3:
                break
            if len(digits) >= 13 and luhn(digits):
                found = span
        if found is not None:
            return match.start() + found[0], match.start() + found[1]
    return None


def _phone(match: re.Match[str]) -> tuple[int, int] | None:
    """The span of a telephone number, without the groups that are too many for one."""
    if match["date"]:
        return None
    found, end = match.group(), len(match.group())
    while match["sure"] and len(_digits(found[:end])) > 15 and end:
        end = max((gap.start() for gap in re.finditer(r"(?<=\d)\D+\d", found[:end])), default=0)
    start = match.start()
    return (start, start + end) if 8 <= len(_digits(found[:end])) <= 15 else None


_CHECKS: dict[str, Callable[[re.Match[str]], tuple[int, int] | None]] = {
    "CARD": _card,
    "IBAN": lambda match: match.span() if iban(match.group()) else None,
    "PHONE": _phone,
}


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders and how many spans were replaced."""

    text: str
    count: int


def redact(text: str) -> Redacted:
    """Replace what looks like personal data or a secret by ``[EMAIL_1]``-like placeholders.

    Repeated until nothing is found: what stood beside a replaced span may be one by itself.
    """
    known: dict[str, dict[str, str]] = {}
    count = 0
    for _ in range(_MOST_PASSES):
        text, found = _pass(text, known)
        count += found
        if not found:
            break
    return Redacted(text, count)


def _pass(text: str, known: dict[str, dict[str, str]]) -> tuple[str, int]:
    count, small = 0, text.lower()
    for label, pattern in _PATTERNS:
        if label in _SIGNS and not any(sign in small for sign in _SIGNS[label]):
            continue
        parts, done = [], 0
        for match in pattern.finditer(text):
            if label in _CHECKS:
                span = _CHECKS[label](match)
            else:
                span = match.span("hide" if "hide" in pattern.groupindex else 0)
            if span is None:
                continue
            names = known.setdefault(label, {})
            name = names.setdefault(text[slice(*span)], f"[{label}_{len(names) + 1}]")
            parts += [text[done : span[0]], name]
            done = span[1]
            count += 1
        if parts:
            text = "".join(parts) + text[done:]
    return text, count
