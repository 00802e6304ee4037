"""The nearest known word, for errors that name the fix."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.6


def nearest(word: str, known: Iterable[str], alike: float = ALIKE) -> str | None:
    """The known word most like ``word``, or None when none is ``alike``, of 1, at least."""
    found = get_close_matches(word, list(known)[:2000], n=1, cutoff=alike)
    return found[0] if found else None
