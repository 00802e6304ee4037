"""The nearest known word, for errors that name the fix."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word``, or None when none is at all alike."""
    found = get_close_matches(word, list(known)[:2000], n=1, cutoff=0.6)
    return found[0] if found else None
