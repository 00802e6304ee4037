"""The description says of a name what the code does."""

import re
import sys
import unicodedata

from api.application import create_app
from api.schemas import _SHOWS
from signalbox.domain.plain import plain
from signalbox.settings import Settings


def test_what_shows_is_described_as_it_is():
    shows = re.compile(_SHOWS)
    differing = [
        f"{code:x}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(letter := chr(code)) != "Cs"
        and bool(shows.search(letter)) is not bool(plain(letter))
    ]
    assert differing == []


def test_patterns_are_in_the_dialect_of_json_schema():
    def patterns(node):
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str):
                yield node["pattern"]
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                yield from patterns(one)

    found = set(patterns(create_app(Settings()).openapi()))
    assert _SHOWS in found
    for pattern in found:
        assert not re.search(r"(?<!\\)(\\\\)*\\[^sSdDwWbBu.\\^$*+?()\[\]{}|/-]", pattern), pattern
        assert not re.search(r"\\u(?![0-9a-f]{4})", pattern), pattern
