"""Tables that a YAML file takes in, and the one a CSV file is by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rules.facts import Fact
from rules.findings import Findings
from rules.kinds import SUPPLIED
from rules.reading import Reading
from rules.source import Block, parse_yaml
from rules.table import Table, read_table
from signalbox.domain.errors import BadRules

Beside = Callable[[str], str | None]
"""From the name of a file beside the rule file to its text; None where there is none."""

SUFFIX = ".csv"
SIDECAR = ".cases.yaml"
MAX_TABLES = 50


def take_in(
    top: Reading, kind: str, facts: Sequence[Fact], beside: Beside | None, findings: Findings
) -> list[Table]:
    """The tables listed under ``tables:``."""
    known, tables = {fact.name: fact for fact in facts}, []
    names = top.words("tables", "CSV files")
    if len(names) > MAX_TABLES:
        top.bad("tables", f"more than {MAX_TABLES} tables", "split the rule set")
        return []
    for name in names:
        if not name.endswith(SUFFIX) or "/" in name or "\\" in name or name.startswith("."):
            top.bad("tables", f"'{name}' is not a CSV file beside this one",
                    "write its name alone, such as 'approval.csv'")  # fmt: skip
            continue
        text = _read(top, name, beside)
        if text is None:
            continue
        table = read_table(text, name, known, SUPPLIED.get(kind), findings)
        other = table.settings.get("kind", kind)
        if other != kind:
            message = f"the table is for the kind '{other}', and taken in by one for '{kind}'"
            findings.add(table.settings.line_of("kind"), message, f"write '# kind: {kind}'")
        for key in ("bindings", "default"):
            if key in table.settings:
                message = f"'{key}' is for the file that takes the table in"
                findings.add(table.settings.line_of(key), message, "move it there")
        known |= table.own_facts
        tables.append(table)
    return tables


def _read(top: Reading, name: str, beside: Beside | None) -> str | None:
    try:
        text = beside(name) if beside is not None else None
    except BadRules as error:
        top.bad("tables", error.message, error.hint)
        return None
    if text is None:
        fix = "put it beside the rule file" if beside else "load the rules from a file"
        top.bad("tables", f"there is no table '{name}'", fix)
    return text


def alone(text: str, beside: Beside | None, findings: Findings) -> tuple[Block, Table]:
    """A CSV file as a whole rule set: its settings as top, with the cases beside it, if any."""
    table = read_table(text, findings.file, {}, None, findings)
    top = Block(table.place)
    for key in ("name", "version", "kind"):
        if key in table.settings:
            top.put(key, table.settings[key], table.settings.line_of(key))
        else:
            findings.add(table.place, f"'{key}' is missing", f"add '# {key}: …' above the header")
            top.put(key, "?", table.place)
    if "default" in table.settings:
        top.put("default", table.settings["default"], table.settings.line_of("default"))
    if "bindings" in table.settings:
        place = table.settings.line_of("bindings")
        bindings = Block(place)
        for part in str(table.settings["bindings"]).split(","):
            name, _, how = part.partition("=")
            bindings.put(name.strip(), how.strip(), place)
        top.put("bindings", bindings, place)
    sidecar = findings.file.removesuffix(SUFFIX) + SIDECAR
    cases = beside(sidecar) if beside is not None else None
    if cases is not None:
        block = parse_yaml(cases, sidecar)
        Reading(findings, block).only(("baseline", "cases"))
        for key in ("baseline", "cases"):
            if key in block:
                top.put(key, block[key], block.line_of(key))
    return top, table
