"""A small text grammar: ``[a|b]`` chooses, ``{slot}`` fills in, everything else is said as is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

Say = Callable[[Random], str]
_Part = str | Say


def choice(options: Sequence[_Part]) -> Say:
    """Says one of ``options``, each equally likely."""
    fixed, count = tuple(options), len(options)

    def say(rng: Random) -> str:
        part = fixed[int(rng.random() * count)]
        return part if isinstance(part, str) else part(rng)

    return say


def sentence(template: str, slots: Mapping[str, Say]) -> Say:
    """Compiles a template. Raises ValueError for an unclosed bracket or an unknown slot."""
    parts, rest = _sequence(template, 0, slots, inside=False)
    if rest != len(template):
        raise ValueError(f"unbalanced bracket at {rest} in {template!r}")
    return _joined(parts)


def one_of(templates: Sequence[str], slots: Mapping[str, Say]) -> Say:
    """Says one of the templates, each equally likely."""
    return choice([sentence(template, slots) for template in templates])


def _joined(parts: list[_Part]) -> Say:
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    fixed = tuple(parts)

    def say(rng: Random) -> str:
        return "".join([part if isinstance(part, str) else part(rng) for part in fixed])

    return say


def _sequence(
    text: str, at: int, slots: Mapping[str, Say], *, inside: bool
) -> tuple[list[_Part], int]:
    parts: list[_Part] = []
    start = at
    while at < len(text) and not (text[at] == "]" or (inside and text[at] == "|")):
        if text[at] not in "[{":
            at += 1
            continue
        if at > start:
            parts.append(text[start:at])
        part, at = _choice(text, at, slots) if text[at] == "[" else _slot(text, at, slots)
        parts.append(part)
        start = at
    if at > start or not parts:
        parts.append(text[start:at])
    return parts, at


def _choice(text: str, at: int, slots: Mapping[str, Say]) -> tuple[Say, int]:
    options: list[_Part] = []
    opened = at
    while at < len(text) and text[at] != "]":
        parts, at = _sequence(text, at + 1, slots, inside=True)
        only = parts[0]
        options.append(only if len(parts) == 1 and isinstance(only, str) else _joined(parts))
    if at >= len(text):
        raise ValueError(f"bracket at {opened} is never closed in {text!r}")
    return choice(options), at + 1


def _slot(text: str, at: int, slots: Mapping[str, Say]) -> tuple[Say, int]:
    end = text.find("}", at)
    name = text[at + 1 : end]
    if end < 0 or name not in slots:
        raise ValueError(f"unknown slot at {at} in {text!r}; known are {', '.join(sorted(slots))}")
    return slots[name], end + 1
