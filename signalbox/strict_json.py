"""JSON read strictly: what two readers could understand differently is refused with its place."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_DIGITS = 400


class NotJson(ValueError):
    """Not JSON, or JSON with two meanings. ``hint`` names the fix."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def read_json(text: str) -> Any:
    """The value in ``text``.

    Raises NotJson for malformed text (with line and column), for a field that stands twice in one
    object, for NaN and Infinity, for numbers no other reader could hold, and for nesting that is
    too deep.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"character {error.colno}" if "\n" not in text else _place(error)
        what = error.msg.removesuffix(" at")
        raise NotJson(f"{what} at {where}", _hint(text, error)) from None
    except RecursionError:
        raise NotJson("nested too deep", "send plain values, not nested ones") from None


def _place(error: json.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"


def _hint(text: str, error: json.JSONDecodeError) -> str:
    rest = text[error.pos : error.pos + 1]
    if rest == "'" or error.msg.startswith("Expecting property name"):
        return (
            'names and text stand in double quotes, and no comma follows the last field: {"a": "b"}'
        )
    if error.msg.startswith("Extra data"):
        return "one value and nothing after it"
    if error.msg.startswith("Invalid control character"):
        return "write line breaks and other control characters as escapes, such as \\n"
    if error.msg.startswith("Invalid \\escape"):
        return "write a backslash as two"
    return "write it with a JSON library"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotJson(f"the field '{name[:60]}' stands twice in one object", "send it once")
            seen.add(name)
    return found


def _constant(word: str) -> NoReturn:
    raise NotJson(f"{word} is not JSON", "send a finite number or null, or leave the field out")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotJson(f"a number of {len(digits):,} digits", "send it as text, in quotes")
    return int(digits)


def _decimal(written: str) -> float:
    value = float(written)
    if value in (float("inf"), float("-inf")):
        raise NotJson(f"the number {written[:40]} is too large", "send it as text, in quotes")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_decimal
)
