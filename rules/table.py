"""A decision table in CSV: read into the same blocks that a YAML file is read into.

So a table has no meaning of its own: its rows become rules, guards and permits, and all that holds
for those (both evaluators, digest, trace, lint, cases) holds for them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rules.fact_parser import parse_fact
from rules.facts import Fact, FactSchema
from rules.findings import Findings, nearest
from rules.kinds import SUPPLIED
from rules.model import MAX_RULES, Hit
from rules.place import Place
from rules.reading import Reading
from rules.source import Block, Items
from rules.table_header import COMMENT, NO_SETTING, Header, read_header, read_setting
from rules.table_row import Row, trimmed

SECTIONS = ("rules", "guards", "permits")


@dataclass(slots=True)
class Table:
    """A table with its rows as blocks, by the section each belongs to."""

    name: str
    hit: Hit
    gaps: str
    place: Place
    settings: Block
    facts: Block
    sections: dict[str, Items] = field(default_factory=dict)

    @property
    def own_facts(self) -> dict[str, Fact]:
        """Facts the header declares; whatever is wrong with them is noted where they are used."""
        quiet = Findings("")
        facts = [parse_fact(Reading(quiet, self.facts[name]), name) for name in self.facts]
        return {fact.name: fact for fact in facts if fact is not None}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the rows in the order of the file."""
        rows = [row for rows in self.sections.values() for row in rows]
        return tuple(str(row.get("id", "")) for row in sorted(rows, key=lambda row: row.line))


def read_table(
    text: str,
    file: str,
    known: Mapping[str, Fact],
    supplied: FactSchema | None,
    findings: Findings,
) -> Table:
    """The table in ``text``; what is wrong is noted with line and column.

    ``known``: facts that the file declares which takes the table in. ``supplied``: those the
    engine supplies, which the header may name without a type; None goes by the table's own kind.
    """
    settings, header, rows = Block(Place(1, 0, file)), Header(), []
    for line, cells in _records(text, file, findings):
        place = Place(line, 1, file)
        if not any(cell.strip() for cell in cells):
            continue
        if cells[0].lstrip().startswith("#"):
            if header.line:
                if not cells[0].lstrip().startswith(COMMENT):
                    findings.add(place, f"'{cells[0].strip()[:40]}' is not the id of a row",
                                 NO_SETTING)  # fmt: skip
            else:
                read_setting(",".join(cells).rstrip(", "), place, settings, findings)
        elif not header.line:
            supplied = supplied or SUPPLIED.get(str(settings.get("kind", "")))
            header = read_header(trimmed(cells), line, file, (known, supplied), findings)
        else:
            rows.append((line, cells))
    reading = Reading(findings, settings)
    table = Table(
        name=reading.text("name") or file.rpartition("/")[2].removesuffix(".csv"),
        hit=Hit.COLLECT,
        gaps=reading.text("gaps"),
        place=Place(header.line or 1, 0, file),
        settings=settings,
        facts=header.facts,
    )
    facts = {**known, **table.own_facts}
    table.sections = {name: Items(table.place) for name in SECTIONS}
    if not header.line:
        findings.add(table.place, "the table has no header",
                     "begin with 'id,when:amount:decimal(2),then:verdict,why,owner'")  # fmt: skip
    if len(rows) > MAX_RULES:
        findings.add(table.place, f"more than {MAX_RULES} rows", "split the table")
        rows = []
    for line, cells in rows:
        row = Row(header, line, cells, file, findings)
        section, block = row.read(facts, str(settings.get("owner", "")))
        table.sections[section].put(block, block.line)
    judges = not table.sections["rules"]
    table.hit = read_hit(reading, "hit", Hit.MOST_RESTRICTIVE if judges else Hit.COLLECT)
    return table


def read_hit(reading: Reading, key: str, default: Hit) -> Hit:
    """A hit policy, in any case of letters."""
    written = reading.text(key)
    word = written.strip().upper().replace(" ", "_").replace("-", "_")
    if not word:
        return default
    if word not in list(Hit):
        reading.bad(key, f"unknown hit policy '{written}'", nearest(word, list(Hit)))
        return default
    return Hit(word)


def _records(text: str, file: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            findings.add(Place(line, 0, file), f"not valid CSV: {error}",
                         "put a cell with a comma or a quotation mark in \"…\", and write "
                         'a quotation mark inside as ""')  # fmt: skip
            return
        yield line, cells
