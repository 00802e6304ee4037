"""Declarations of facts: each typed, and within what the engine supplies for the kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from rules.facts import MAX_PLACES, MAX_STRING, Fact, FactType
from rules.findings import Findings, nearest
from rules.kinds import CHOSEN, SUPPLIED
from rules.reading import Reading
from rules.source import Block, Items

_FACT = ("type", "required", "enum", "max_length", "places", "from_text")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def parse_facts(block: Block, kind: str, findings: Findings) -> tuple[Fact, ...]:
    """The facts declared in ``block``; faults are noted and left out."""
    facts = []
    supplied = SUPPLIED[kind].by_name if kind in SUPPLIED else None
    for name, declared in block.items():
        line = block.line_of(name)
        if not isinstance(declared, Block):
            findings.add(line, f"fact '{name}' has no type", "write {type: string}")
            continue
        fact = parse_fact(Reading(findings, declared), name)
        if fact is None:
            continue
        if not _NAME.fullmatch(name):
            findings.add(line, f"'{name}' is not a fact name", "use a-z, 0-9 and _, at most 64")
        if name == CHOSEN and (fact.type is not FactType.STRING or fact.required):
            findings.add(line, f"'{name}' is the drafted option, which may not be there yet",
                         "write {type: string}")  # fmt: skip
        if supplied is not None:
            fact = _supplied(fact, supplied, kind, line, findings)
        facts.append(fact)
    return tuple(facts)


def _supplied(
    fact: Fact, supplied: Mapping[str, Fact], kind: str, line: int, findings: Findings
) -> Fact:
    """The declaration, held against what the engine supplies."""
    known = supplied.get(fact.name)
    if known is None:
        message = f"unknown fact '{fact.name}': kind '{kind}' does not supply it"
        findings.add(line, message, nearest(fact.name, supplied))
        return fact
    if known.type is not fact.type:
        message = f"fact '{fact.name}' is declared {fact.type}, the engine supplies a "
        findings.add(line, message + known.type, f"write type: {known.type}")
        return fact
    # What the engine could not read must fit no declaration, so the words are closed.
    return replace(fact, enum=fact.enum or known.enum, from_text=known.from_text)


def as_block(fact: Fact, place: int) -> Block:
    """A fact as a file would declare it."""
    block = Block.of(place, type=fact.type.value, required=fact.required)
    if fact.enum:
        block.put("enum", Items.of(place, fact.enum), place)
    if fact.type is FactType.DECIMAL:
        block.put("places", fact.places, place)
    return block


def parse_fact(reading: Reading, name: str) -> Fact | None:
    """One declaration; None, with the fault noted, where its type is not understood."""
    reading.only(_FACT)
    written = reading.text("type", required=True)
    if written not in list(FactType):
        if written:
            known = [kind.value for kind in FactType]
            reading.bad("type", f"unknown type '{written}' of '{name}'", nearest(written, known))
        return None
    kind = FactType(written)
    for key, owner in (("enum", FactType.STRING), ("max_length", FactType.STRING),
                       ("places", FactType.DECIMAL)):  # fmt: skip
        if key in reading.block and kind is not owner:
            reading.bad(key, f"'{key}' does not go with {kind} ('{name}')", f"remove '{key}'")
            return None
    if kind is FactType.DECIMAL and "places" not in reading.block:
        reading.bad("type", f"decimal '{name}' does not say its places", "add 'places: 2'")
    enum = reading.words("enum", "strings")
    longest = max((len(word) for word in enum), default=0)
    if longest > MAX_STRING:
        reading.bad("enum", f"'enum' holds a word over {MAX_STRING} characters", "shorten it")
    return Fact(
        name,
        kind,
        reading.flag("required"),
        enum,
        _bounded(reading, "max_length", 1, MAX_STRING, MAX_STRING),
        _bounded(reading, "places", 0, MAX_PLACES, 0),
        reading.flag("from_text"),
    )


def _bounded(reading: Reading, key: str, low: int, high: int, default: int) -> int:
    value = reading.block.get(key, default)
    if type(value) is not int or not low <= value <= high:
        reading.bad(key, f"'{key}' has to be a whole number from {low} to {high}")
        return default
    return value
