"""Small typed readers over parsed YAML that note what is wrong instead of raising."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rules.findings import Findings, nearest
from rules.source import Block, Items

MAX_WORDS = 1000
# Control characters, and those that turn the direction of what is read.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Reading:
    """Reads fields of one block on behalf of one rule, guard or case."""

    def __init__(self, findings: Findings, block: Block, rule: str = "") -> None:
        self.findings = findings
        self.block = block
        self.rule = rule

    def bad(self, key: str, message: str, hint: str = "") -> None:
        self.findings.add(self.block.line_of(key), message, hint, self.rule)

    def note(self, line: int, message: str, hint: str = "") -> None:
        self.findings.add(line, message, hint, self.rule)

    def only(self, known: Iterable[str]) -> None:
        """Note every key that is not one of ``known``."""
        words = set(known)
        for key in self.block:
            if key not in words:
                self.bad(key, f"unknown field '{key}'", nearest(key, words))

    def text(self, key: str, *, required: bool = False, longest: int = 1000) -> str:
        """A string; numbers are taken as written for ``version``-like fields."""
        value = self.block.get(key)
        if value is None:
            if required:
                self.bad(key, f"'{key}' is missing", f"add '{key}: …'")
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.bad(key, f"'{key}' is not text", "quote it")
            return ""
        if len(str(value)) > longest or not str(value).strip():
            self.bad(key, f"'{key}' has to be 1 to {longest} characters", "shorten or fill it in")
        if hidden := _HIDDEN.search(str(value)):
            # People read it where they decide.
            self.bad(key, f"'{key}' holds the character U+{ord(hidden[0]):04X}", "remove it")
        return str(value)

    def words(self, key: str, what: str, *, empty: bool = False) -> tuple[str, ...]:
        """A list of distinct strings."""
        if key not in self.block:
            return ()
        value = self.block[key]
        if not isinstance(value, Items):
            self.bad(key, f"'{key}' has to be a list of {what}", f"write '{key}: [a, b]'")
            return ()
        if not value and not empty:
            self.bad(key, f"'{key}' is empty", f"name at least one, or leave '{key}' out")
        if len(value) > MAX_WORDS:
            self.bad(key, f"'{key}' lists more than {MAX_WORDS}", "shorten the list")
            return ()
        if any(not isinstance(word, str) or not word for word in value):
            self.bad(key, f"'{key}' holds something that is not text", "quote each of the values")
            return ()
        if len(set(value)) != len(value):
            self.bad(key, f"'{key}' names something twice", "remove the repetition")
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self.block.get(key, False)
        if not isinstance(value, bool):
            self.bad(key, f"'{key}' has to be true or false")
            return False
        return value

    def blocks(self, key: str) -> list[Block]:
        """A list of mappings; absent is empty."""
        value: Any = self.block.get(key)
        if value is None:
            if key in self.block:
                self.bad(key, f"'{key}' is empty", f"add an entry, or leave '{key}' out")
            return []
        if not isinstance(value, Items) or any(not isinstance(item, Block) for item in value):
            self.bad(key, f"'{key}' has to be a list of entries", f"write '{key}:' and '- id: …'")
            return []
        return list(value)

    def mapping(self, key: str) -> Block:
        """A mapping; absent is empty."""
        value = self.block.get(key)
        if value is None:
            return Block(self.block.line_of(key))
        if not isinstance(value, Block):
            self.bad(key, f"'{key}' has to be a mapping", f"write '{key}: {{a: …}}'")
            return Block(self.block.line_of(key))
        return value
