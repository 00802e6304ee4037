"""Private keys in PEM (RFC 7468) and OpenPGP armour, however they were quoted on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

# From the first line to the last, whatever stands between: escaped line ends, marks of quotations
# and of source code, tags. Without a last line, as much as the longest of keys takes.
_PRIVATE = re.compile(
    r"-{2,5}\s{0,3}begin[a-z0-9 \t_]{1,40}private[ \t_]key(?: block)?\s{0,3}-{2,5}"
    r"(?:(?!-{2,5}\s{0,3}end).){0,20000}+(?:-{2,5}\s{0,3}end[a-z0-9 \t_]{1,60}-{2,5})?",
    re.DOTALL,
)
_SIGNS = ("private key", "private_key")


def private_keys(text: str, small: str) -> Iterator[tuple[int, int]]:
    """Where they stand. ``small`` is ``text`` in small letters, each at its place."""
    del text
    if any(sign in small for sign in _SIGNS) and "begin" in small:
        yield from (match.span() for match in _PRIVATE.finditer(small))
