"""The attacker's goals, read from ``goals.yaml``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

GOALS = Path(__file__).with_name("goals.yaml")


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing the attacker wants; the fields are explained in the file."""

    id: str
    desks: tuple[str, ...]
    ask: tuple[str, ...]
    moves: tuple[str, ...]
    wants: str = ""
    manner: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)

    def asked_by(self, raw: str) -> bool:
        """Whether a raw reply of a model asks for it: names the option, or one of the fields."""
        if self.wants and json.dumps(self.wants) in raw:
            return True
        # Also within a text, where quotation marks are escaped.
        return any(re.search(rf'"{name}\\?"\s*:', raw) for name in self.fields)


@cache
def read_goals() -> tuple[Goal, ...]:
    """Every goal, in the order of the file."""
    given = yaml.safe_load(GOALS.read_text(encoding="utf-8"))
    return tuple(
        Goal(
            id=one["id"],
            desks=tuple(one["desks"]),
            ask=tuple(one["ask"]),
            moves=tuple(one["moves"]),
            wants=one["wants"],
            manner=one.get("manner", ""),
            fields=one["fields"],
            case=one.get("case", {}),
        )
        for one in given["goals"]
    )
