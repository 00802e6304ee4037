"""JSON Schema of a rule file, for editors. What it says is said by the parser too, with more."""

from __future__ import annotations

from typing import Any

from rules.case_parser import EXPECTATIONS
from rules.facts import MAX_PLACES, MAX_STRING, FactType
from rules.kinds import SUPPLIED
from rules.model import MAX_CLAUSES, MAX_RULES, Hit, Op

_ORDERED = (Op.LT, Op.LE, Op.GT, Op.GE)
_LISTS = (Op.IN, Op.NOT_IN)
_NAME = "^[a-z][a-z0-9_]{0,63}$"
_ID = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_SHORT = {"type": ["string", "number"]}
_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def rule_file_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). An editor takes it by a first line such as
    ``# yaml-language-server: $schema=rules.schema.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signalbox rule set",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "version", "kind"],
        "properties": {
            "name": _said(_SHORT, "what the set is called"),
            "version": _said(_SHORT, "stands in every trace"),
            "kind": _said(
                {"type": "string"},
                f"kind of decision; the engine supplies the facts of: {', '.join(SUPPLIED)}",
            ),
            "bindings": _named({"enum": ["required", "optional"]}, "options named when loaded"),
            "facts": _named(_fact(), "the only things a rule may read"),
            "default": _said(
                {"enum": ["allow", "require_approval"]}, "what holds where no permit fires"
            ),
            "hit": _hits(),
            "tables": _said(_WORDS, "CSV decision tables beside this file"),
            "rules": _section(_narrowing(), "narrow the options"),
            "guards": _section(_guard(), "say when a person has to look, or that nothing is done"),
            "permits": _section(_permit(), "what may be decided without a person"),
            "baseline": _said({"type": "object"}, "facts every case starts from"),
            "cases": _section(_case(), "examples that are run whenever the file is loaded"),
        },
        "$defs": {"condition": _condition(), "when": _when()},
    }


def _said(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


def _object(needed: list[str], /, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": needed,
        "properties": properties,
    }


def _named(value: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": value,
    }


def _section(entry: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "maxItems": MAX_RULES, "items": entry, "description": description}


def _fact() -> dict[str, Any]:
    return _object(
        ["type"],
        type={"enum": [kind.value for kind in FactType]},
        required={"type": "boolean"},
        enum=_WORDS,
        max_length={"type": "integer", "minimum": 1, "maximum": MAX_STRING},
        places={"type": "integer", "minimum": 0, "maximum": MAX_PLACES},
        from_text={"type": "boolean", "description": "measured on text: no permit may read it"},
    )


def _hits() -> dict[str, Any]:
    policies = {"enum": [hit.value for hit in Hit]}
    return _object([], rules=policies, guards=policies, permits={"enum": [Hit.COLLECT.value]})


def _condition() -> dict[str, Any]:
    fact, value = {"type": "string"}, {"type": ["string", "number", "boolean"]}
    forms = []
    for op in Op:
        expected: dict[str, Any] = value
        if op in _ORDERED:
            expected = {"type": "number"}
        elif op in _LISTS:
            expected = {"type": "array", "items": value, "minItems": 1}
        elif op in (Op.PRESENT, Op.ABSENT):
            expected = {"const": True}
        forms.append(_object(["fact", op.value], fact=fact, **{op.value: expected}))
    return {"oneOf": forms}


def _when() -> dict[str, Any]:
    condition = {"$ref": "#/$defs/condition"}
    group = _object(["any"], any={"type": "array", "items": condition, "minItems": 1})
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_CLAUSES,
        "items": {"anyOf": [condition, group]},
    }


def _rule(required: list[str], **more: Any) -> dict[str, Any]:
    return _object(
        ["id", "why", "owner", "when", *required],
        id={"type": "string", "pattern": _ID},
        why={"type": "string", "description": "shown to whoever has to approve"},
        owner=_SHORT,
        when={"$ref": "#/$defs/when"},
        **more,
    )


def _narrowing() -> dict[str, Any]:
    effects = ("force", "forbid", "fallback")
    rule = _rule([], force={"type": "string"}, forbid=_WORDS, fallback={"type": "string"})
    return {**rule, "anyOf": [{"required": [effect]} for effect in effects]}


def _guard() -> dict[str, Any]:
    return _rule(["verdict"], verdict={"enum": ["require_approval", "deny"]})


def _permit() -> dict[str, Any]:
    return _rule(
        [],
        options=_said(_WORDS, "all it covers; any option without it"),
        unbounded={"type": "string", "description": "why it needs no upper bound"},
    )


def _case() -> dict[str, Any]:
    names = {"type": "array", "items": {"type": "string"}}
    option, truth = {"type": ["string", "null"]}, {"type": ["boolean", "null"]}
    special = {
        "forced": option,
        "fallback": option,
        "permitted": truth,
        "guard": {"enum": ["allow", "require_approval", "deny"]},
    }
    expected = {name: special.get(name, names) for name in EXPECTATIONS}
    return _object(
        ["name", "expect"],
        name=_SHORT,
        given={"type": "object"},
        options=names,
        unbound=names,
        expect={**_object([], **expected), "minProperties": 1},
    )
