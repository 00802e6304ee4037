"""Validation errors in plain words: what the field should hold, and how to put it right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.schemas import Body
from signalbox.suggest import nearest

CORRECT = "correct the named fields; /openapi.json describes them"
MAX_FIELD_ERRORS = 20
_SHOWN = 60
_SCALARS = frozenset({"str", "int", "float", "bool"})
_EXPECTED = {
    "model_attributes_type": "a JSON object",
    "model_type": "a JSON object",
    "dict_type": "a JSON object",
    "list_type": "a list, in square brackets",
    "string_type": "text, in quotes",
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
}
_KINDS = {
    str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list",
    dict: "an object", type(None): "null", bytes: "plain bytes",
}  # fmt: skip


def worded(errors: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, str]], str]:
    """(field and message of each, the hint that fits the first).

    What was sent is not echoed: it may be large, secret or not even encodable. Of a name no more
    than its beginning is.
    """
    rows: list[dict[str, str]] = []
    hint = ""
    for error in errors:
        field, message, fix = _one(error)
        row = {"field": field, "message": message}
        if row in rows:
            continue
        rows.append(row)
        hint = hint or fix
        if len(rows) == MAX_FIELD_ERRORS:
            break
    return rows, hint or CORRECT


def _one(error: Mapping[str, Any]) -> tuple[str, str, str]:
    kind, place = error.get("type", ""), list(error["loc"])
    # A value that is none of several types is reported once for each of them.
    if place[-1] in _SCALARS and "attributes" in place[:-2]:
        message = "expected text, a number, true, false or null"
        return _field(place[:-1]), message, "send one plain value"
    field = _field(place)
    message = str(error["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        if field == "body":
            return field, "the body is empty", "send one JSON object; /openapi.json describes it"
        return field, "is missing", f"add '{place[-1]}'"
    if kind == "extra_forbidden":
        known = sorted({name for one in Body.__subclasses__() for name in one.model_fields})
        near = nearest(str(place[-1])[:_SHOWN], known)
        return field, "unknown field", f"did you mean '{near}'?" if near else "leave it out"
    if kind in _EXPECTED:
        got = _KINDS.get(type(error.get("input")), "something else")
        return field, f"expected {_EXPECTED[kind]}, got {got}", ""
    if kind == "string_pattern_mismatch":
        return (
            field,
            "is not an id",
            ("an id is 1 to 128 letters, digits and . _ : @ - and begins with a letter or digit"),
        )
    if kind in ("string_too_long", "too_long"):
        return field, message, f"shorten it to {error.get('ctx', {}).get('max_length')} at most"
    return field, message, ""


def _field(place: Sequence[Any]) -> str:
    return ".".join(str(part)[:_SHOWN] for part in place if part != "body") or "body"
