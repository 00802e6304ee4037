"""Validation errors in plain words: what the field should hold, and how to put it right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

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


def worded(
    errors: Sequence[Mapping[str, Any]], body: type[BaseModel] | None = None
) -> tuple[list[dict[str, str]], str]:
    """(field and message of each, the hint that fits the first). ``body`` is what was asked for.

    What was sent is not echoed: it may be large, secret or not even encodable. Of a name no more
    than its beginning is.
    """
    rows: list[dict[str, str]] = []
    hint = ""
    for error in errors:
        field, message, fix = _one(error, body)
        row = {"field": field, "message": message}
        if row in rows:
            continue
        rows.append(row)
        hint = hint or fix
        if len(rows) == MAX_FIELD_ERRORS:
            break
    return rows, hint or CORRECT


def _one(error: Mapping[str, Any], body: type[BaseModel] | None) -> tuple[str, str, str]:
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
        near = nearest(str(place[-1])[:_SHOWN], _fields_at(place[1:-1], body))
        return field, "unknown field", f"did you mean '{near}'?" if near else "leave it out"
    if kind in _EXPECTED:
        got = _KINDS.get(type(error.get("input")), "something else")
        return field, f"expected {_EXPECTED[kind]}, got {got}", ""
    if kind == "string_pattern_mismatch" and _of_an_id(field):
        return (
            field,
            "is not an id",
            ("an id is 1 to 128 letters, digits and . _ : @ - and begins with a letter or digit"),
        )
    if kind == "string_pattern_mismatch":
        return field, "is not written as it has to be", CORRECT
    context = error.get("ctx", {})
    if kind == "too_short":
        least = context.get("min_length")
        return field, f"holds {context.get('actual_length')} of at least {least}", "add what it is"
    if kind in ("string_too_long", "too_long"):
        most = context.get("max_length")
        if kind == "too_long":
            message = f"holds more than {most}"
        return field, message, f"shorten it to {most} at most"
    return field, message, ""


def _of_an_id(field: str) -> bool:
    return field.rpartition(".")[2] in ("id", "after", "before", "approval_id", "task_id")


def _fields_at(place: Sequence[Any], body: type[BaseModel] | None) -> list[str]:
    """Names of the fields of the object at ``place`` inside ``body``: no other body's."""
    for part in place:
        if body is None:
            break
        if isinstance(part, str):
            found = body.model_fields.get(part)
            inner = () if found is None else (found.annotation, *get_args(found.annotation))
            body = next((one for one in inner if _is_model(one)), None)
    return sorted(body.model_fields) if body else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _field(place: Sequence[Any]) -> str:
    return ".".join(str(part)[:_SHOWN] for part in place if part != "body") or "body"
