"""The head of a decision table: its settings and what each column is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.fact_parser import as_block
from rules.facts import Fact, FactSchema, FactType
from rules.findings import Findings, nearest
from rules.place import Place
from rules.source import Block, Items

SETTINGS = ("name", "version", "kind", "default", "hit", "gaps", "owner", "bindings")
COMMENT = "##"
NO_SETTING = f"write '# default: deny' above the header, or begin a comment with '{COMMENT}'"
EFFECTS = ("force", "forbid", "fallback", "verdict")
PLAIN = ("id", "why", "owner", "options", "unbounded", "note")
_SETTING = re.compile(r"#\s*([a-z_]+)\s*:\s*(.*)", re.DOTALL)
_TYPE = re.compile(r"(string|integer|boolean|decimal)\s*(?:\((.*)\))?\s*(!?)", re.DOTALL)
_SHAPES = "amount:decimal(2)!, level:string(low|high), count:integer or urgent:boolean"


@dataclass(slots=True)
class Column:
    """``what`` is the fact of a condition, the effect, or the plain name."""

    kind: str
    what: str
    place: Place


@dataclass(slots=True)
class Header:
    """Columns in order (None: not understood) and the facts that the header itself declares."""

    columns: list[Column | None] = field(default_factory=list)
    facts: Block = field(default_factory=lambda: Block(0))
    line: int = 0

    def of(self, kind: str) -> list[Column]:
        return [column for column in self.columns if column is not None and column.kind == kind]


def read_setting(text: str, place: Place, settings: Block, findings: Findings) -> None:
    """A leading ``# key: value``; what begins with ## is a comment.

    Whatever else begins with # is refused: a default that nobody reads would leave a table open
    that its author has closed.
    """
    text = text.strip()
    if text.startswith(COMMENT):
        return
    found = _SETTING.fullmatch(text)
    if found is None:
        findings.add(place, f"'{text[:40]}' is not a setting", NO_SETTING)
        return
    key, value = found[1], found[2].strip()
    if key not in SETTINGS:
        findings.add(place, f"unknown setting '{key}'", nearest(key, SETTINGS)
                     + f"; begin a comment with '{COMMENT}'")  # fmt: skip
    elif key in settings:
        findings.add(place, f"'{key}' is given twice", "remove one of them")
    elif value:
        settings.put(key, value, place)


Known = tuple[Mapping[str, Fact], FactSchema | None]
"""Facts that need no type here: those declared elsewhere, and those the engine supplies."""


def read_header(
    cells: Iterable[str], line: int, file: str, known: Known, findings: Findings
) -> Header:
    """What each column is for; faults are noted and the column left out."""
    header = Header(line=line)
    seen: set[tuple[str, str]] = set()
    for number, cell in enumerate(cells, 1):
        place = Place(line, number, file)
        column = _column(cell.strip(), place, known, header, findings)
        header.columns.append(column)
        if column is None or column.kind == "when":
            continue
        if (column.kind, column.what) in seen:
            findings.add(place, f"column {number}: '{cell}' stands twice", "remove one of them")
        seen.add((column.kind, column.what))
    for name in ("id", "why"):
        if ("plain", name) not in seen:
            findings.add(Place(line, 0, file), f"there is no column '{name}'", f"add '{name}'")
    if not header.of("when"):
        findings.add(Place(line, 0, file), "no column is a condition", f"add 'when:' and {_SHAPES}")
    if not header.of("then"):
        words = ", ".join(f"then:{word}" for word in EFFECTS)
        findings.add(Place(line, 0, file), "no column is an effect", f"add one of {words}")
    return header


def _column(
    cell: str, place: Place, known: Known, header: Header, findings: Findings
) -> Column | None:
    kind, _, what = cell.partition(":")
    kind, what = kind.strip(), what.strip()
    at = f"column {place.column}:"
    if kind == "then":
        if what in EFFECTS:
            return Column("then", what, place)
        findings.add(place, f"{at} unknown effect '{what}'", nearest(what, EFFECTS))
        return None
    if kind != "when":
        if cell in PLAIN:
            return Column("plain", cell, place)
        if ";" in cell:
            findings.add(place, f"{at} '{cell[:40]}' holds semicolons", "separate cells by commas")
            return None
        words = [*PLAIN, "when:…", *(f"then:{word}" for word in EFFECTS)]
        findings.add(place, f"{at} unknown column '{cell}'", nearest(cell, words))
        return None
    name, _, written = (part.strip() for part in what.partition(":"))
    elsewhere, supplied = known
    if name in elsewhere or name in header.facts:
        if written:
            findings.add(place, f"{at} '{name}' is declared already", f"write 'when:{name}' alone")
        return Column("when", name, place)
    if not written:
        offered = supplied.by_name if supplied else {}
        if name not in offered:
            near = [*elsewhere, *offered]
            hint = nearest(name, near) if near else f"write its type, such as {_SHAPES}"
            findings.add(place, f"{at} unknown fact '{name}'", hint)
            return None
        header.facts.put(name, as_block(offered[name], place), place)
        return Column("when", name, place)
    declared = _declared(written, place)
    if declared is None:
        findings.add(place, f"{at} '{written}' is no type", f"write {_SHAPES}")
        return None
    header.facts.put(name, declared, place)
    return Column("when", name, place)


def _declared(written: str, place: Place) -> Block | None:
    """The declaration as YAML would hold it: ``decimal(2)!`` is a required decimal of 2 places."""
    found = _TYPE.fullmatch(written)
    if found is None:
        return None
    kind, within = FactType(found[1]), found[2]
    block = Block(place)
    block.put("type", kind.value, place)
    if kind is FactType.DECIMAL:
        if not (within or "").strip().isdecimal():
            return None
        block.put("places", int(within), place)
    elif within is not None:
        if kind is not FactType.STRING:
            return None
        words = Items(place)
        for word in within.split("|"):
            words.put(word.strip(), place)
        block.put("enum", words, place)
    if found[3]:
        block.put("required", True, place)
    return block
