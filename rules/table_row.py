"""One row of a decision table on its way to a rule, a guard or a permit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.facts import Fact
from rules.findings import Findings
from rules.place import Place
from rules.source import Block, Items
from rules.table_cell import read_cell
from rules.table_header import Column, Header
from rules.table_words import BadCell, split_list, unquoted

ALLOW = "allow"
_PERMIT_ONLY = ("options", "unbounded")


class Row:
    """One row on its way to a block."""

    def __init__(
        self, header: Header, line: int, cells: list[str], file: str, findings: Findings
    ) -> None:
        self._header, self._file, self._findings = header, file, findings
        self._cells = cells + [""] * (len(header.columns) - len(cells))
        self._block = Block(Place(line, 1, file))
        self._line, self._faulty = line, False
        extra = trimmed(cells)[len(header.columns) :]
        if extra:
            self._bad(Place(line, len(header.columns) + 1, file),
                      f"{len(trimmed(cells))} cells under {len(header.columns)} columns",
                      'put a cell that holds a comma in "…"')  # fmt: skip

    def read(self, facts: Mapping[str, Fact], owner: str) -> tuple[str, Block]:
        """(section, block); faults are noted."""
        when = Items(self._block.line)
        effects: dict[str, Column] = {}
        for column, cell in zip(self._header.columns, self._cells, strict=False):
            text = cell.strip()
            if column is None or (column.kind == "when" and column.what not in facts):
                continue
            place = Place(self._line, column.place.column, self._file)
            if column.kind == "when":
                self._conditions(when, text, facts[column.what], place)
            elif text and text != "-" and column.what != "note":
                if column.kind == "then":
                    effects[column.what] = column
                self._put(column.what, text, place)
        if owner and "owner" not in self._block:
            self._block.put("owner", owner, self._block.line)
        section = self._section(effects)
        if not when and not self._faulty and any(c.what in facts for c in self._header.of("when")):
            when.put(self._anything(facts, section), self._block.line)
        self._block.put("when", when, self._block.line)
        return section, self._block

    def _conditions(self, when: Items, text: str, fact: Fact, place: Place) -> None:
        try:
            clauses = read_cell(text, fact)
        except BadCell as error:
            self._bad(place, f"column {place.column} ('{fact.name}'): {error.message}", error.hint)
            return
        for clause in clauses:
            members = [_condition(fact, op.value, value, place) for op, value in clause]
            group = Block.of(place, any=Items.of(place, members))
            when.put(members[0] if len(members) == 1 else group, place)

    def _anything(self, facts: Mapping[str, Fact], section: str) -> Block:
        """A row that asks nothing: of a fact that has to be there, that it is."""
        place = self._block.line
        read = [facts[c.what] for c in self._header.of("when") if c.what in facts]
        fact = next((one for one in read if one.required), read[0])
        there = _condition(fact, "present", True, place)
        if section == "permits" or fact.required:
            return there
        missing = _condition(fact, "absent", True, place)
        return Block.of(place, any=Items.of(place, [there, missing]))

    def _put(self, key: str, text: str, place: Place) -> None:
        if key not in ("forbid", "options"):
            self._block.put(key, text, place)
            return
        try:
            words = [unquoted(word) for word in split_list(text)]
        except BadCell as error:
            self._bad(place, f"column {place.column} ('{key}'): {error.message}", error.hint)
            words = []
        self._block.put(key, Items.of(place, words), place)

    def _section(self, effects: Mapping[str, Column]) -> str:
        block = self._block
        if not effects:
            self._bad(block.line, "the row has no effect", "fill in one of the 'then:' columns")
            return "rules"
        if "verdict" not in effects:
            return self._without_permit_columns("rules")
        if len(effects) > 1:
            self._bad(block.line_of("verdict"), "the row narrows the options and gives a verdict",
                      "write one row for each")  # fmt: skip
            for key in effects:
                if key != "verdict":
                    del block[key]
        if block["verdict"] == ALLOW:
            del block["verdict"]
            return "permits"
        return self._without_permit_columns("guards")

    def _without_permit_columns(self, section: str) -> str:
        for key in _PERMIT_ONLY:
            if key in self._block:
                self._bad(self._block.line_of(key), f"'{key}' is for rows that allow",
                          "empty the cell, or set verdict to allow")  # fmt: skip
                del self._block[key]
        return section

    def _bad(self, place: int, message: str, hint: str) -> None:
        self._faulty = True
        self._findings.add(place, message, hint, str(self._block.get("id", "")))


def trimmed(cells: list[str]) -> list[str]:
    """Without empty cells at the end, which spreadsheets add."""
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=-1)
    return cells[: last + 1]


def _condition(fact: Fact, op: str, value: Any, place: int) -> Block:
    expected = Items.of(place, value) if isinstance(value, list) else value
    return Block.of(place, fact=fact.name, **{op: expected})
