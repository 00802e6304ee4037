"""Corpora of attack texts: JSON Lines of {id, text, …}, told apart by form and by nothing else.

A template holds ``{goal}``, where what is asked for is put in; a row of ``type`` "goal" is
something to ask for; any other is a text that stands by itself, whatever else it carries. The texts
are data: nothing in them is followed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput

OWN = Path(__file__).with_name("own.jsonl")
MOST_BYTES = 50_000_000
MOST_TEXT = 100_000
SLOT = "{goal}"
_FORM = 'a line is one JSON object such as {"id": "x-1", "text": "…"}'
_OTHER = re.compile(r"\{(user|model|tools)\}")
_STANDS_FOR = {"user": "the head of the desk", "model": "the assistant", "tools": ""}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. ``type`` is "text", "template" or "goal"; ``file`` is the name of its file."""

    id: str
    text: str
    type: str
    file: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """Something that an ask is put into or after."""

    id: str
    text: str

    def with_ask(self, ask: str) -> str:
        """The attack's whole text. One pass: what is put in is not looked at again."""
        if SLOT not in self.text:
            return f"{self.text}\n{ask}"
        filled = _OTHER.sub(lambda found: _STANDS_FOR[found.group(1)], self.text)
        return ask.join(filled.split(SLOT))


def carriers_of(entries: Sequence[Entry]) -> list[Carrier]:
    """Every text, every template alone, and every goal inside every template (or bare)."""
    texts = [Carrier(one.id, one.text) for one in entries if one.type == "text"]
    templates = [Carrier(one.id, one.text) for one in entries if one.type == "template"]
    goals = [one for one in entries if one.type == "goal"]
    inside = [
        Carrier(f"{template.id}+{goal.id}", template.with_ask(f"{goal.text} {SLOT}"))
        for template in templates
        for goal in goals
    ]
    bare = [] if templates else [Carrier(one.id, one.text) for one in goals]
    return texts + templates + inside + bare


def read_corpora(paths: Iterable[Path]) -> list[Entry]:
    """The rows of every file, in order; our own small corpus where no file is named.

    Raises:
        BadInput: a file or row that does not fit; the message names file and line, and the fix.
    """
    return [entry for path in tuple(paths) or (OWN,) for entry in _rows(path)]


def _rows(path: Path) -> list[Entry]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path}: larger than {MOST_BYTES} bytes", hint="split the file")
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}", hint="name a JSONL file") from None
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}: byte {error.start + 1} is not UTF-8", hint="save it as UTF-8"
        ) from None
    found: dict[str, tuple[int, Entry]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(path, number, line)
        if entry.id in found:
            said = f"the id {entry.id!r} stands in line {found[entry.id][0]} already"
            raise _bad(path, number, said, "give every row an id of its own")
        found[entry.id] = number, entry
    if not found:
        raise BadInput(f"{path}: holds no rows", hint=_FORM)
    return [entry for _, entry in found.values()]


def _entry(path: Path, line: int, text: str) -> Entry:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        told = error.msg if isinstance(error, json.JSONDecodeError) else "cannot be read"
        raise _bad(path, line, f"not JSON: {told}", _FORM) from None
    if not isinstance(row, dict):
        raise _bad(path, line, "not a JSON object", _FORM)
    name, words = _word(path, line, row, "id"), _word(path, line, row, "text")
    kind = row.get("type")
    if kind == "template" and SLOT not in words:
        raise _bad(path, line, f"the template has no {SLOT}", f"write {SLOT} where the ask goes")
    if kind != "goal":
        kind = "template" if SLOT in words else "text"
    entry = Entry(name, words, kind, path.name)
    if len(entry.text) > MOST_TEXT:
        raise _bad(path, line, f"text is longer than {MOST_TEXT} characters", "shorten it")
    return entry


def _word(path: Path, line: int, row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    if field == "id" and type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise _bad(path, line, f"{field} is {value!r}"[:80], f"give {field} a text; {_FORM}")
    # Half of a surrogate pair cannot travel in any request.
    return value.encode("utf-8", "replace").decode("utf-8")


def _bad(path: Path, line: int, what: str, fix: str) -> BadInput:
    return BadInput(f"{path}, line {line}: {what}", hint=fix)
