"""Lists, quotes and ``not(…)`` inside a cell."""

from __future__ import annotations

import re

_NOT = re.compile(r"not\s*\((.*)\)", re.DOTALL)


class BadCell(ValueError):
    """A cell that is not understood; never reaches a user by itself."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def split_list(text: str) -> list[str]:
    """The members of a list: cut at commas outside of double quotes and of ``not(…)``."""
    members, begin, depth, quoted = [], 0, 0, False
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(" and text[:place].rstrip().endswith("not"):
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif letter == "," and not depth:
            members.append(text[begin:place].strip())
            begin = place + 1
    members.append(text[begin:].strip())
    if quoted:
        raise BadCell("a quotation mark is not closed", 'close it with "')
    if depth:
        raise BadCell("not( is not closed", "close it with )")
    if not all(members):
        raise BadCell("a member of the list is empty", "remove the comma, or quote the value")
    return members


def inside_not(member: str) -> str | None:
    """What stands in ``not(…)``; None where it is no such thing."""
    found = _NOT.fullmatch(member)
    if found is None:
        return None
    if not found[1].strip():
        raise BadCell("not() excludes nothing", "write '-' for anything")
    return found[1]


def unquoted(member: str) -> str:
    """A word as it is meant; quotes are for what would mean something else."""
    if member.startswith('"'):
        inner = member[1:-1]
        if len(member) < 2 or not member.endswith('"') or '"' in inner:
            raise BadCell(f"{member} is not one quoted value", 'write "…" around the whole value')
        return inner
    if '"' in member:
        raise BadCell(f"'{member}' has a quotation mark inside", 'write "…" around the whole value')
    return member
