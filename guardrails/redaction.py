"""Take personal data and secrets out of a text before it leaves the process.

Bounded patterns, checked by checksum where the field has one (Luhn: ISO/IEC 7812-1; IBAN:
ISO 13616 mod 97). Placeholders are stable within one text, so that a reader can still tell that
two mentions are the same thing. The mapping is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("KEY", re.compile(r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_A-Za-z0-9]{12,200}\b")),
    ("TOKEN", re.compile(r"\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{0,2000}")),
    ("EMAIL", re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}\b")),
    ("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("CARD", re.compile(r"\b\d(?:[ -]?\d){12,18}\b")),
    ("PHONE", re.compile(r"(?<![\w.])\+?\d{1,3}[ .-]?\(?\d{2,4}\)?(?:[ .-]\d{2,4}){2,4}(?!\w)")),
)


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


_CHECKS: dict[str, Callable[[str], bool]] = {
    "CARD": lambda found: luhn(_digits(found)),
    "IBAN": iban,
    "PHONE": lambda found: 8 <= len(_digits(found)) <= 15,
}


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders and how many spans were replaced."""

    text: str
    count: int


def redact(text: str) -> Redacted:
    """Replace what looks like personal data or a secret by ``[EMAIL_1]``-like placeholders."""
    count = 0
    for label, pattern in _PATTERNS:
        known: dict[str, str] = {}
        check = _CHECKS.get(label)

        def swap(
            match: re.Match[str],
            label: str = label,
            known: dict[str, str] = known,
            check: Callable[[str], bool] | None = check,
        ) -> str:
            nonlocal count
            found = match.group()
            if check is not None and not check(found):
                return found
            count += 1
            return known.setdefault(found, f"[{label}_{len(known) + 1}]")

        text = pattern.sub(swap, text)
    return Redacted(text, count)
