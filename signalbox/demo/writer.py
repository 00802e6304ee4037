"""Puts a ticket's text together: greeting, matter, context, pressure, sign-off."""

from __future__ import annotations

from functools import cache
from random import Random

from signalbox.demo import phrases
from signalbox.demo.details import SLOTS
from signalbox.demo.grammar import Say, one_of
from signalbox.demo.noise import roughen
from signalbox.demo.stray import STRAY
from signalbox.demo.topics import Topic

_SHORT_SHARE = 0.28
_VAGUE_SHARE = 0.04
_SEPARATORS = (" ", " ", " ", "\n", "\n\n")


@cache
def _say(lines: tuple[str, ...]) -> Say:
    return one_of(lines, SLOTS)


def _tidy(text: str) -> str:
    # An empty alternative leaves its blanks behind.
    return " ".join(text.split()).replace(" .", ".").replace(" ,", ",").replace(" ?", "?")


def _ended(text: str) -> str:
    return text if text[-1] in "?!." else text + "."


def _one_line(say: Say, rng: Random) -> str:
    text = _tidy(say(rng))
    # Half of the writers begin with a capital, whatever the sentence.
    return text[:1].upper() + text[1:] if rng.random() < 0.5 else text


def ticket_text(rng: Random, topic: Topic, *, new_words: bool) -> str:
    """A ticket about ``topic``; in a few the matter itself stays unsaid."""
    vague = not topic.rival and rng.random() < _VAGUE_SHARE
    lines = phrases.VAGUE if vague else topic.new_lines if new_words else topic.lines
    return _letter(rng, _one_line(_say(lines), rng))


def stray_text(rng: Random) -> str:
    """A mail that is nobody's work."""
    matter = _one_line(_say(STRAY), rng)
    if rng.random() < 0.5:
        return roughen(rng, matter)
    opening, closing = _say(phrases.OPENINGS)(rng), _say(phrases.CLOSINGS)(rng)
    return roughen(rng, f"{opening} {_ended(matter)} {closing}")


def _letter(rng: Random, matter: str) -> str:
    if rng.random() < _SHORT_SHARE:
        return roughen(rng, matter)
    parts = []
    if rng.random() < 0.6:
        parts.append(_say(phrases.OPENINGS)(rng))
    parts.append(_ended(matter))
    while rng.random() < 0.42 and len(parts) < 6:
        parts.append(_tidy(_say(phrases.CONTEXT)(rng)))
    if rng.random() < 0.3:
        parts.append(_tidy(_say(phrases.PRESSURE)(rng)))
    if rng.random() < 0.5:
        parts.append(_say(phrases.CLOSINGS)(rng))
    return roughen(rng, _SEPARATORS[int(rng.random() * len(_SEPARATORS))].join(parts))
