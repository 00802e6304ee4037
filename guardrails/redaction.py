"""Take personal data and secrets out of texts before they leave the process.

Bounded patterns, checked by checksum where the field has one. Every pattern is read from left to
right once: the time is linear in the text, whatever it holds. One ``Redactor`` serves everything
that belongs to one task, so that a value has one placeholder throughout and nobody can tell what
it has in common with another task's. What stands behind a placeholder never leaves the redactor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from guardrails.ibans import iban, ibans
from guardrails.numbers import cards, cards_in_fours, digits_of, in_ascii, luhn, phones
from guardrails.passwords import bearers, given, said
from guardrails.private_keys import private_keys

__all__ = ["Redacted", "Redactor", "iban", "luhn", "redact"]

Span = tuple[int, int]
Finder = Callable[[str, str], Iterable[Span]]

_LOGIN = re.compile(r"//(?!\[)(?P<hide>[^\s/?#]{1,264})(?=@)")
_KEY = re.compile(
    r"[spgxAharnfdtwyS](?<!\w.)"
    r"(?:(?<=s)b?k[-_]|(?<=w)hsec_|(?<=y)a29\.|(?<=S)G\.|(?<=p)k[-_]|(?<=r)k[-_]|(?<=g)h[opsur]_|(?<=g)ithub_pat_|(?<=g)lpat-"
    r"|(?<=x)ox[abeoprs]-|(?<=A)KIA|(?<=A)SIA|(?<=A)Iza|(?<=h)f_|(?<=n)pm_|(?<=f)w_|(?<=d)op_v1_"
    r"|(?<=t)gp_v1_|(?<=p)ypi-)[-_A-Za-z0-9+/=]{12,512}+(?:\.[-_A-Za-z0-9]{12,512}+)?"
)
_KEY_SIGNS = (
    *("sk-", "sk_", "pk-", "pk_", "rk_", "rk-", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "glpat-"),
    *("github_pat_", "xox", "AKIA", "ASIA", "AIza", "hf_", "npm_", "fw_", "dop_v1_", "tgp_v1_"),
    *("pypi-", "sbk_", "whsec_", "ya29.", "SG."),
)
# Takes what it began to read in any case, and counts where the second part is there.
_TOKEN = re.compile(r"eyJ(?<!\weyJ)[\w-]{8,2000}+(?P<needed>\.[\w-]{8,4000}+\.[\w-]{0,2000}+)?")
# Begun at the edge of a run only and taken whole, so that the time is linear in the text.
_EMAIL = re.compile(
    r"[\w.+-](?<![\w.+-].)[\w.+-]*+(?:[@\uff20\ufe6b]|%40)"
    r"[\w-]{1,63}(?:[.\uff0e\u3002\uff61][\w-]{1,63}){1,8}"
)
_MOST_PASSES = 6
# What shows nothing, inside of what is sought: it is left out.
_BETWEEN_LETTERS = re.compile(
    "(?<=[!-~])[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+(?=[!-~])"
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def _sought(pattern: re.Pattern[str], *signs: str) -> Finder:
    """Finds ``pattern``, or its group ``hide``, in a text that holds one of ``signs``.

    A match without the group ``needed``, where there is one, does not count.
    """
    group = "hide" if "hide" in pattern.groupindex else 0
    needed = "needed" if "needed" in pattern.groupindex else 0

    def find(text: str, small: str) -> Iterable[Span]:
        if any(sign in text for sign in signs):
            found = pattern.finditer(text)
            return [match.span(group) for match in found if match[needed] is not None]
        return ()

    return find


# In this order, and numbers behind them: what a later one would take for something else is gone
# by then.
_FINDERS: tuple[tuple[str, Finder], ...] = (
    ("LOGIN", _sought(_LOGIN, "//")),
    ("KEY", private_keys),
    ("SECRET", given),
    ("SECRET", said),
    ("SECRET", bearers),
    ("KEY", _sought(_KEY, *_KEY_SIGNS)),
    ("TOKEN", _sought(_TOKEN, "eyJ")),
    ("EMAIL", _sought(_EMAIL, "@", "%40", "\uff20", "\ufe6b")),
)
_NUMBERS: tuple[tuple[str, Finder], ...] = (
    ("IBAN", lambda text, small: ibans(small)),
    ("CARD", lambda text, small: cards(small)),
    ("CARD", lambda text, small: cards_in_fours(small)),
    ("PHONE", lambda text, small: phones(small)),
)
# One value, however it is spelt.
_ALIKE: dict[str, Callable[[str], str]] = {
    "EMAIL": str.casefold,
    "IBAN": lambda text: re.sub(r"[\s.-]", "", _small(text)).upper(),
    "CARD": digits_of,
    "PHONE": lambda text: ("+" if "+" in text else "") + digits_of(text),
}


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders and how many spans were replaced."""

    text: str
    count: int


class Redactor:
    """Redacts the texts of one task; equal values get equal placeholders in all of them.

    It is the only thing that knows what stands behind a placeholder, and it keeps that to itself:
    it shows nothing of it and cannot be copied, pickled or stored.
    """

    __slots__ = ("_names", "_spelt")

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self._spelt: dict[tuple[str, str], str] = {}

    def __call__(self, text: str) -> str:
        """``text`` with placeholders."""
        return self.redact(text).text

    def redact(self, text: str) -> Redacted:
        """Replace what looks like personal data or a secret by ``[EMAIL_1]``-like placeholders.

        Repeated until nothing but numbers is found: what stood beside a replaced span may be one
        by itself. Numbers come last and are sought beside each other, so that what is behind the
        last of them has been looked at.
        """
        if len(text) < (16 if text.isalpha() else 8) and text.isalnum():
            return Redacted(text, 0)
        if not text.isascii():
            text = _BETWEEN_LETTERS.sub("", text)
        count, small, again = 0, _small(text), False
        for _ in range(_MOST_PASSES):
            before = count
            text, small, count = self._replace(text, small, count, _FINDERS)
            if again and count == before:
                break
            again = True
            text, small, count = self._replace(text, small, count, _NUMBERS)
            if count == before:
                break
        return Redacted(text, count)

    def _replace(
        self, text: str, small: str, count: int, finders: Iterable[tuple[str, Finder]]
    ) -> tuple[str, str, int]:
        for label, finder in finders:
            parts: list[str] = []
            small_parts: list[str] = []
            done = 0
            for start, end in finder(text, small):
                name = self._name(label, text[start:end])
                parts += (text[done:start], name)
                small_parts += (small[done:start], name.lower())
                done = end
            if parts:
                count += len(parts) // 2
                text = "".join(parts) + text[done:]
                small = "".join(small_parts) + small[done:]
        return text, small, count

    def _name(self, label: str, value: str) -> str:
        name = self._spelt.get((label, value))
        if name is None:
            names = self._names.setdefault(label, {})
            alike = _ALIKE.get(label)
            same = alike(value) if alike else value
            name = names.setdefault(same, f"[{label}_{len(names) + 1}]")
            self._spelt[label, value] = name
        return name

    def __repr__(self) -> str:
        return "Redactor()"

    def __eq__(self, other: object) -> bool:
        """All are equal: what one knows is no part of a value that carries it."""
        return isinstance(other, Redactor)

    def __hash__(self) -> int:
        return hash(Redactor)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a redactor stays in its process: it cannot be copied or pickled")


def redact(text: str) -> Redacted:
    """Redact one text that belongs to nothing else."""
    return Redactor().redact(text)


def _small(text: str) -> str:
    """In small letters, of normal width, and plain digits, each at its place: one capital would
    become two."""
    small = in_ascii(text.replace("\u0130", "i").lower())
    return small if small.isascii() else small.translate(_WIDE)
