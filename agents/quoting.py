"""Quoting: any text as one bounded line of JSON that cannot pass for anything else.

A JSON string holds no raw line break, so nothing inside it can begin a line. On top of what JSON
asks for, characters that steer or hide text are escaped: controls, separators, bidirectional
marks, zero-width and tag characters, lone surrogates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

# Ranges written out, not looked up by category: the same prompt under every Python version.
_STEERING = re.compile(
    "[\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def quote(text: str) -> str:
    """``text`` as a JSON string on one line, readable in any language."""
    plain = json.dumps(text, ensure_ascii=False)
    return _STEERING.sub(lambda found: json.dumps(found.group())[1:-1], plain)


def quote_bounded(text: str, most: int) -> tuple[str, int]:
    """The longest beginning of ``text`` whose quoted form has at most ``most`` characters.

    Returns the quoted form and how many characters of ``text`` are in it; ``most`` must be at
    least 2, for the quotation marks.
    """
    head = text[:most]
    whole = quote(head)
    if len(whole) <= most:
        return whole, len(head)
    # The quoted length grows with the prefix, so the longest that fits is found by halving.
    fits, fails = 0, len(head)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if len(quote(head[:middle])) <= most:
            fits = middle
        else:
            fails = middle
    return quote(head[:fits]), fits


def quote_list(texts: Iterable[str]) -> str:
    """A JSON array of strings on one line."""
    return "[" + ", ".join(quote(text) for text in texts) + "]"
