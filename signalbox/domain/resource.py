"""Resources: people, machines and agents that do the work of a team."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field, WithJsonSchema

from signalbox.domain.base import Identifier, Moment, Name, Value, utc_now
from signalbox.domain.calendar import Calendar

_END = r"[^\s,\u0000-\u001f\u0085]"
SKILL = rf"^{_END}([^,\u0000]*{_END})?$"
MAX_SKILL = 64


def _one_skill(skill: str) -> str:
    if not re.fullmatch(SKILL, skill):
        raise ValueError("has a comma or blanks around it; skills are listed with commas between")
    return skill


Skill = Annotated[
    Name,
    Field(max_length=MAX_SKILL),
    AfterValidator(_one_skill),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_SKILL, "pattern": SKILL}),
]


class Resource(Value):
    """Who does work for one ``team``.

    ``capacity`` is how many tasks it holds at once, ``load`` how many of these places are taken by
    work that Signalbox does not know of, ``cost`` what an hour costs in any one currency. Without a
    ``calendar`` it is always there; ``away`` says that it is not, whatever the calendar says.
    """

    id: Identifier
    tenant: Identifier = "default"
    team: Name
    title: Name | None = None
    skills: frozenset[Skill] = Field(default=frozenset(), max_length=200)
    capacity: int = Field(default=1, ge=1, le=1000)
    load: int = Field(default=0, ge=0, le=1000)
    cost: float | None = Field(default=None, ge=0, le=1e9, allow_inf_nan=False)
    calendar: Calendar | None = None
    away: bool = False
    updated_at: Moment = Field(default_factory=utc_now)

    def on_shift(self, moment: datetime) -> bool:
        """Whether it works at ``moment``."""
        return not self.away and (self.calendar is None or self.calendar.on_shift(moment))

    def hours(self, begin: datetime, end: datetime) -> float:
        """Hours it could work from ``begin`` to ``end``."""
        if self.calendar is not None:
            return self.calendar.hours_between(begin, end)
        return max(0.0, (end - begin).total_seconds() / 3600)


class Resources(Protocol):
    """The register of resources. Every method is one transaction."""

    def put(self, resource: Resource) -> bool:
        """Register it, or put it in the place of what was registered; whether it was new.

        Conflict where there are too many. With the first one of a team, what was routed there
        before and is not done begins to wait for one.
        """

    def find(self, tenant: str, id: str) -> Resource:
        """NotFound where there is none."""

    def all(self, tenant: str | None, team: str | None = None) -> list[Resource]:
        """By id; every tenant's when ``tenant`` is None."""

    def stamp(self) -> tuple[int, datetime | None]:
        """How many there are, and when one of them was last put in; another when any changes."""

    def remove(self, tenant: str, id: str) -> int:
        """Take it out of the register; its work waits again. How many tasks. NotFound."""
