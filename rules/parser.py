"""From parsed YAML to a Definition: every field typed, every name known, or a finding."""

from __future__ import annotations

import re

from rules.case_parser import parse_cases
from rules.fact_parser import parse_facts
from rules.facts import Fact, FactSchema, FactType
from rules.findings import Findings, nearest
from rules.kinds import CHOSEN
from rules.model import MAX_RULES, Definition, Group, Hit, Rule
from rules.reading import Reading
from rules.section_parser import Sections
from rules.source import Block
from rules.table import SECTIONS, Table, read_hit
from rules.tables import Beside, take_in

_TOP = (
    "name", "version", "kind", "bindings", "facts", "default", "hit", "rules", "guards", "permits",
    "tables", "baseline", "cases",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DEFAULTS = ("allow", "require_approval")
_DEFAULT_HITS = {
    "rules": Hit.COLLECT,
    "guards": Hit.MOST_RESTRICTIVE,
    "permits": Hit.COLLECT,
}


def parse_definition(
    top: Block, findings: Findings, beside: Beside | None = None, own: Table | None = None
) -> Definition:
    """Read a whole file; what is wrong is added to ``findings``.

    ``beside`` reads the tables it names; ``own`` is the table the file is, where it is one.
    """
    reading = Reading(findings, top)
    reading.only(_TOP)
    kind = reading.text("kind", required=True)
    facts = parse_facts(reading.mapping("facts"), kind, findings)
    tables = [own] if own else take_in(reading, kind, facts, beside, findings)
    for table in tables:
        facts += parse_facts(table.facts, kind, findings)
    if not facts:
        reading.bad("facts", "no facts are declared", "add 'facts:' with the facts rules may read")
    blocks = {section: reading.blocks(section) for section in SECTIONS}
    schema = FactSchema(_with_option(facts, blocks, tables))
    sections = Sections(schema, _bindings(reading), findings)
    found: dict[str, tuple[Rule, ...]] = {}
    groups = _groups(reading, blocks)
    for section in SECTIONS:
        found[section] = sections.parse(section, blocks[section])
    for table in tables:
        for section in SECTIONS:
            found[section] += sections.parse(section, table.sections[section])
        groups.append(Group(table.name, table.hit, table.ids, table.gaps, True, table.place))
    for section, rules in found.items():
        if len(rules) > MAX_RULES or len(blocks[section]) > MAX_RULES:
            reading.bad(section, f"more than {MAX_RULES} {section}", "split the rule set")
    closed = _closed(reading, bool(found["permits"]))
    if not any(found.values()):
        reading.bad("rules", "there are neither rules nor guards", "add at least one")
    return Definition(
        name=reading.text("name", required=True, longest=128),
        version=reading.text("version", required=True, longest=64),
        kind=kind,
        schema=schema,
        rules=found["rules"],
        guards=found["guards"],
        bindings=sections.bindings,
        cases=parse_cases(reading, schema, sections.bindings, sections.seen, findings),
        file=findings.file,
        permits=found["permits"],
        groups=tuple(groups),
        places=_places(reading, tables),
        closed=closed,
    )


def _closed(reading: Reading, permits: bool) -> bool:
    """What holds where nothing is said; with permits, or a section for them, a person is asked."""
    word = reading.text("default")
    if word not in ("", *_DEFAULTS):
        reading.bad("default", f"unknown default '{word}'", nearest(word, _DEFAULTS))
    permits = permits or "permits" in reading.block
    if permits and word == "allow":
        reading.bad("default", "what is allowed anyway needs no permits",
                    "write 'default: require_approval', or remove the permits")  # fmt: skip
    return permits or word == "require_approval"


def _places(reading: Reading, tables: list[Table]) -> dict[str, int]:
    declared = [("facts", reading.mapping("facts")), ("bindings", reading.mapping("bindings"))]
    declared += [("facts", table.facts) for table in tables]
    return {f"{what}.{name}": block.line_of(name) for what, block in declared for name in block}


def _with_option(
    facts: tuple[Fact, ...], blocks: dict[str, list[Block]], tables: list[Table]
) -> tuple[Fact, ...]:
    """The facts, with the drafted option among them where a permit is limited to some."""
    permits = [*blocks["permits"], *(row for table in tables for row in table.sections["permits"])]
    declared = any(fact.name == CHOSEN for fact in facts)
    if declared or not any("options" in permit for permit in permits):
        return facts
    return (*facts, Fact(CHOSEN, FactType.STRING))


def _groups(reading: Reading, blocks: dict[str, list[Block]]) -> list[Group]:
    """The sections that say their hit policy."""
    block = reading.mapping("hit")
    hits = Reading(reading.findings, block)
    hits.only(SECTIONS)
    groups = []
    for section in SECTIONS:
        if section in block:
            hit = read_hit(hits, section, _DEFAULT_HITS[section])
            ids = tuple(str(one.get("id", "")) for one in blocks[section])
            groups.append(Group(section, hit, ids, line=block.line_of(section)))
    return groups


def _bindings(reading: Reading) -> dict[str, bool]:
    bindings = {}
    block = reading.mapping("bindings")
    for name, how in block.items():
        if not _NAME.fullmatch(name) or how not in ("required", "optional"):
            reading.bad("bindings", f"binding '{name}: {how}' is not understood",
                        "write 'name: required' or 'name: optional'")  # fmt: skip
        bindings[name] = how == "required"
    return bindings
