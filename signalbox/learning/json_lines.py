"""Rows out of a JSON-lines file: one flat object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput, TooLarge
from signalbox.learning.limits import Limits
from signalbox.learning.lines import lines_of
from signalbox.strict_json import NotJson, read_json

_ONE_EACH = "one JSON object on each line"
_ARRAY = "one JSON object on each line, not an array of them: jq -c '.[]' FILE > rows.jsonl"


def json_rows(path: Path, limits: Limits) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """(names in order of appearance, (line, values by name)); at most ``limits.rows`` + 1 rows."""
    records: list[tuple[int, dict[str, str]]] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(lines_of(path, limits), start=1):
        if not line.strip():
            continue
        if len(records) > limits.rows:
            break
        record = _record(f"{path}, line {number}", line, first=not records)
        columns.update(dict.fromkeys(record))
        if len(columns) > limits.columns:
            raise TooLarge(
                f"{path}, line {number}: more than {limits.columns:,} different fields so far",
                hint="use the same few field names on every line",
            )
        records.append((number, record))
    if not records:
        raise BadInput(f"{path}: no rows", hint=_ONE_EACH)
    return list(columns), records


def _record(where: str, line: str, *, first: bool) -> dict[str, str]:
    try:
        record = read_json(line.strip())
    except NotJson as error:
        array = first and line.lstrip().startswith("[")
        csv = first and not line.lstrip().startswith(("{", "["))
        hint = "a CSV file is named .csv; otherwise " + _ONE_EACH if csv else error.hint
        raise BadInput(
            f"{where}: not valid JSON ({error.message})", hint=_ARRAY if array else hint
        ) from None
    if not isinstance(record, dict):
        hint = _ARRAY if isinstance(record, list) else _ONE_EACH
        raise BadInput(f"{where}: not a JSON object", hint=hint)
    for name, value in record.items():
        if isinstance(value, dict | list):
            raise BadInput(
                f"{where}, field {name[:60]!r}: nested value",
                hint="only text, numbers, true, false and null",
            )
    return {name: _as_text(value) for name, value in record.items()}


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
