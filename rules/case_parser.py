"""Embedded cases: facts and options in, expected verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.facts import BadFact, FactSchema
from rules.findings import Findings, nearest
from rules.model import Case
from rules.reading import Reading
from rules.source import Block, Items

DEFAULT_OPTIONS = ("A", "B")
_CASE = ("name", "given", "options", "expect", "unbound")
_LISTS = ("fired", "forbidden", "allowed", "near_misses", "assumed", "shadowed")
_OPTIONS = ("forced", "fallback")
EXPECTATIONS = (*_LISTS, *_OPTIONS, "guard", "permitted")
_GUARDS = ("allow", "require_approval", "deny")


def parse_cases(
    top: Reading,
    schema: FactSchema,
    bindings: Mapping[str, bool],
    rules: Mapping[str, int],
    findings: Findings,
) -> tuple[Case, ...]:
    """All cases; ``baseline`` holds facts every case starts from, a null takes one away."""
    baseline = _given(top, "baseline", schema)
    cases = []
    for block in top.blocks("cases"):
        reading = Reading(findings, block, str(block.get("name", "")))
        reading.only(_CASE)
        unbound = reading.words("unbound", "bindings", empty=True)
        for name in unbound:
            if name not in bindings:
                reading.bad("unbound", f"'{name}' is not a binding", nearest(name, bindings))
        given = {**baseline, **_given(reading, "given", schema)}
        options = reading.words("options", "options", empty=True)
        cases.append(
            Case(
                name=reading.text("name", required=True),
                given={name: value for name, value in given.items() if value is not None},
                options=options if "options" in block else DEFAULT_OPTIONS,
                expect=_expected(reading, rules),
                unbound=unbound,
                line=block.line,
            )
        )
    return tuple(cases)


def _given(reading: Reading, key: str, schema: FactSchema) -> dict[str, Any]:
    block, facts = reading.mapping(key), schema.by_name
    for name, value in block.items():
        if name not in facts:
            reading.note(block.line_of(name), f"unknown fact '{name}'", nearest(name, facts))
        elif value is not None:
            try:
                facts[name].reader()(value)
            except BadFact as error:
                reading.note(block.line_of(name), f"the value for '{name}' {error}")
    return dict(block)


def _expected(reading: Reading, rules: Mapping[str, int]) -> dict[str, Any]:
    block: Block = reading.mapping("expect")
    if not block:
        reading.bad("expect", "the case expects nothing", "add 'expect: {guard: allow}'")
    for key, value in block.items():
        line = block.line_of(key)
        if key not in EXPECTATIONS:
            reading.note(line, f"unknown expectation '{key}'", nearest(key, EXPECTATIONS))
        elif key in _LISTS:
            if not isinstance(value, Items) or any(not isinstance(word, str) for word in value):
                reading.note(line, f"'{key}' expects a list", f"write {key}: []")
            elif key in ("fired", "near_misses", "assumed", "shadowed"):
                for word in value:
                    if word not in rules:
                        reading.note(line, f"unknown rule '{word}'", nearest(word, rules))
        elif key in _OPTIONS and not isinstance(value, str | None):
            reading.note(line, f"'{key}' expects an option or null")
        elif key == "permitted" and not isinstance(value, bool | None):
            reading.note(line, "'permitted' expects true, false or null")
        elif key == "guard" and value not in _GUARDS:
            reading.note(line, f"unknown verdict '{value}'", nearest(value, _GUARDS))
    return dict(block)
