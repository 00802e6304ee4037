"""Values out of a scenario file, each checked where it is read; errors name file, field and fix."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput


class BadScenario(BadInput):
    """A scenario file that is no process of a known form."""

    code = "bad-scenario"


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object of a scenario file and the place it was found at."""

    file: str
    place: str
    values: Mapping[str, Any]

    def refuse(self, field: str, wrong: str, fix: str) -> BadScenario:
        """The error for ``field``: what is wrong with it and what would be right."""
        place = ".".join(part for part in (self.place, field) if part)
        return BadScenario(f"{self.file}: {place}: {wrong}", hint=fix)

    def get(self, field: str, fix: str) -> Any:
        """The value of a field that has to be there."""
        if field not in self.values:
            raise self.refuse(field, "is missing", fix)
        return self.values[field]

    def within(self, field: str) -> Fields:
        """The object held by ``field``."""
        value = self.get(field, "give an object")
        if not isinstance(value, dict):
            raise self.refuse(field, "is no object", "give an object: {...}")
        place = ".".join(part for part in (self.place, field) if part)
        return Fields(self.file, place, value)

    def number(self, field: str, *, above: float | None = None, least: float = 0.0) -> float:
        """A finite number greater than ``above``, or not below ``least``."""
        bound = f"above {above:g}" if above is not None else f"of at least {least:g}"
        return self.checked(field, self.get(field, f"give a number {bound}"), above, least)

    def checked(self, field: str, value: Any, above: float | None, least: float = 0.0) -> float:
        """``value`` as a finite number within its bound; ``field`` names it in the error."""
        bound = f"above {above:g}" if above is not None else f"of at least {least:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse(field, f"{value!r} is no number", f"give a number {bound}")
        if not math.isfinite(value) or value < least or (above is not None and value <= above):
            raise self.refuse(field, f"{value!r} is out of range", f"give a number {bound}")
        return float(value)

    def has(self, field: str) -> bool:
        """Whether the field is there and not null."""
        return self.values.get(field) is not None

    def truth(self, field: str) -> bool:
        """True or false."""
        value = self.get(field, "give true or false")
        if not isinstance(value, bool):
            raise self.refuse(field, f"{value!r} is neither true nor false", "give one of the two")
        return value

    def whole(self, field: str, *, least: int = 0, below: int) -> int:
        """A whole number from ``least`` on and below ``below``."""
        fix = f"give a whole number from {least} to {below - 1}"
        value = self.get(field, fix)
        if type(value) is not int or not least <= value < below:
            raise self.refuse(field, f"{value!r} is none", fix)
        return value

    def each(self, field: str) -> list[Fields]:
        """The objects of a list, at least one."""
        value = self.get(field, "give a list of objects")
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.refuse(field, "is no list of objects", "give a list: [{...}, {...}]")
        place = ".".join(part for part in (self.place, field) if part)
        return [Fields(self.file, f"{place}[{i}]", one) for i, one in enumerate(value)]

    def optional_numbers(self, field: str, length: int | None = None) -> np.ndarray:
        """A list of numbers of at least 0, empty where the field is null or missing."""
        if not self.has(field):
            return np.zeros(0)
        count = "two or more" if length is None else str(length)
        value = self.values[field]
        right = isinstance(value, list) and (
            len(value) == length or (not length and len(value) > 1)
        )
        if not right:
            raise self.refuse(field, "is no list of that length", f"give {count} numbers, or null")
        return np.array([self.checked(f"{field}[{i}]", v, None) for i, v in enumerate(value)])

    def names(self, field: str) -> tuple[str, ...]:
        """A list of different names, at least one."""
        value = self.get(field, "give a list of names")
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self.refuse(field, "is no list of names", 'give a list: ["a", "b"]')
        twice = sorted({name for name in value if value.count(name) > 1})
        if twice:
            raise self.refuse(field, f"names {twice[0]!r} twice", "give every name once")
        return tuple(value)

    def known(self, field: str, name: Any, names: Mapping[str, int]) -> int:
        """The position of ``name`` among the declared ``names``."""
        if not isinstance(name, str) or name not in names:
            fix = f"declare it first, or use one of: {', '.join(list(names)[:8])}"
            raise self.refuse(field, f"{name!r} is not declared", fix)
        return names[name]
