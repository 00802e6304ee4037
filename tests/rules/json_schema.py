"""A checker for the part of JSON Schema that the shipped schema uses; any other word is refused."""

from __future__ import annotations

import re
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
}  # fmt: skip
_SAID = {"$schema", "$defs", "title", "description"}


def faults(schema: dict[str, Any], value: Any, root: dict[str, Any], at: str = "") -> list[str]:
    """Where ``value`` does not fit, in words."""
    found: list[str] = []
    for word, wanted in schema.items():
        if word in _SAID:
            continue
        check = getattr(_Words, word.strip("$"), None)
        assert check is not None, f"the checker does not know '{word}'"
        found += check(schema, wanted, value, root, at)
    return found


def _is(kind: str, value: Any) -> bool:
    if kind in ("number", "integer"):
        right = int if kind == "integer" else (int, float)
        return isinstance(value, right) and not isinstance(value, bool)
    return isinstance(value, _TYPES[kind])


class _Words:
    """One function a word: (schema, what follows the word, value, root, place) to faults."""

    @staticmethod
    def type(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return [] if any(_is(kind, value) for kind in kinds) else [f"{at}: no {wanted}"]

    @staticmethod
    def properties(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        parts = [
            faults(wanted[key], one, root, f"{at}/{key}")
            for key, one in (value.items() if isinstance(value, dict) else ())
            if key in wanted
        ]
        return [fault for part in parts for fault in part]

    @staticmethod
    def additionalProperties(schema: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        if not isinstance(value, dict):
            return []
        more = {key: one for key, one in value.items() if key not in schema.get("properties", {})}
        if wanted is False:
            return [f"{at}: unknown {key}" for key in more]
        return [f for key, one in more.items() for f in faults(wanted, one, root, f"{at}/{key}")]

    @staticmethod
    def propertyNames(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        return [f for key in value for f in faults(wanted, key, root, f"{at}/{key}")]

    @staticmethod
    def required(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        return [f"{at}: lacks {key}" for key in wanted if isinstance(value, dict)
                and key not in value]  # fmt: skip

    @staticmethod
    def items(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        listed = value if isinstance(value, list) else []
        return [f for n, one in enumerate(listed) for f in faults(wanted, one, root, f"{at}/{n}")]

    @staticmethod
    def minItems(_: Any, wanted: int, value: Any, root: Any, at: str) -> list[str]:
        short = isinstance(value, list) and len(value) < wanted
        return [f"{at}: fewer than {wanted}"] if short else []

    @staticmethod
    def maxItems(_: Any, wanted: int, value: Any, root: Any, at: str) -> list[str]:
        return [f"{at}: more than {wanted}"] if isinstance(value, list) and len(value) > wanted \
            else []  # fmt: skip

    @staticmethod
    def minProperties(_: Any, wanted: int, value: Any, root: Any, at: str) -> list[str]:
        return [f"{at}: fewer than {wanted}"] if len(value) < wanted else []

    @staticmethod
    def minimum(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        return [f"{at}: below {wanted}"] if _is("number", value) and value < wanted else []

    @staticmethod
    def maximum(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        return [f"{at}: above {wanted}"] if _is("number", value) and value > wanted else []

    @staticmethod
    def enum(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        return [] if value in wanted else [f"{at}: none of {wanted}"]

    @staticmethod
    def const(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        return [] if value is wanted else [f"{at}: not {wanted}"]

    @staticmethod
    def pattern(_: Any, wanted: str, value: Any, root: Any, at: str) -> list[str]:
        return [] if re.search(wanted, str(value)) else [f"{at}: not like {wanted}"]

    @staticmethod
    def oneOf(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        fitting = sum(not faults(one, value, root, at) for one in wanted)
        return [] if fitting == 1 else [f"{at}: fits {fitting} forms"]

    @staticmethod
    def anyOf(_: Any, wanted: Any, value: Any, root: Any, at: str) -> list[str]:
        fits = any(not faults(one, value, root, at) for one in wanted)
        return [] if fits else [f"{at}: fits no form"]

    @staticmethod
    def ref(_: Any, wanted: str, value: Any, root: Any, at: str) -> list[str]:
        target = root
        for step in wanted.removeprefix("#/").split("/"):
            target = target[step]
        return faults(target, value, root, at)
