"""The policy as data: which transitions are forbidden, and whether an observed one is among them.

An observation is a flat record of something that is so in the world: a row, an event, a file, a
prompt. It has no idea of any attack, and neither has this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

POLICY = Path(__file__).with_name("policy.yaml")
Scalar = str | int | float | bool
Observation = Mapping[str, Scalar]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda got, wanted: got == wanted,
    "ne": lambda got, wanted: got != wanted,
    "in": lambda got, wanted: got in wanted,
    "lt": lambda got, wanted: got < wanted,
    "gt": lambda got, wanted: got > wanted,
    "ge": lambda got, wanted: got >= wanted,
}


@dataclass(frozen=True, slots=True)
class Forbidden:
    """One line of the policy: what it is called, why, and when it applies."""

    id: str
    why: str
    when: Mapping[str, Any]

    def covers(self, seen: Observation) -> bool:
        """Whether ``seen`` is such a transition. KeyError where it lacks a fact it has to have."""
        if seen["what"] != self.when["what"]:
            return False
        return all(_holds(seen, fact, wanted) for fact, wanted in self.when.items())


@dataclass(frozen=True, slots=True)
class Policy:
    """Forbidden transitions, and the limits of each desk."""

    forbidden: tuple[Forbidden, ...]
    desks: Mapping[str, Mapping[str, float]]

    def broken(self, seen: Iterable[Observation]) -> tuple[str, ...]:
        """Ids of the lines that ``seen`` breaks, in the order of the file."""
        observations = tuple(seen)
        return tuple(
            line.id for line in self.forbidden if any(line.covers(one) for one in observations)
        )


def _holds(seen: Observation, fact: str, wanted: Any) -> bool:
    got = seen[fact]
    if not isinstance(wanted, dict):
        return bool(got == wanted)
    ((operator, value),) = wanted.items()
    if operator == "gt_fact":
        return bool(got > seen[value])  # type: ignore[operator]
    return bool(_OPERATORS[operator](got, value))


@cache
def read_policy() -> Policy:
    """The policy that stands beside this file."""
    given = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    lines = tuple(Forbidden(one["id"], one["why"], one["when"]) for one in given["forbidden"])
    return Policy(lines, given["desks"])
