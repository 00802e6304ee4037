"""Private keys in PEM (RFC 7468) and OpenPGP armour, however they were quoted on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGIN = re.compile(r"-{2,5}\s{0,3}begin[a-z0-9 \t_]{1,40}private[ \t_]key(?: block)?\s{0,3}-{2,5}")
_END = re.compile(r"-{2,5}\s{0,3}end(?:[a-z0-9 \t_]{1,60}-{2,5})?")
_LONGEST = 20_000
_SIGNS = ("private key", "private_key")


def private_keys(text: str, small: str) -> Iterator[tuple[int, int]]:
    """From the first line to the last, whatever stands between: escaped line ends, marks of
    quotations and of source code, tags. Without a last line, as much as the longest of keys takes.

    ``small`` is ``text`` in small letters, each at its place.
    """
    del text
    if not any(sign in small for sign in _SIGNS):
        return
    place = 0
    while begins := _BEGIN.search(small, place):
        limit = min(len(small), begins.end() + _LONGEST)
        ends = _END.search(small, begins.end(), limit)
        place = ends.end() if ends else limit
        yield begins.start(), place
