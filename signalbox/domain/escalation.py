"""Where an approval lies: at which level of its chain, until when, and who is looking at it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from signalbox.domain.base import Moment, Name, Value
from signalbox.domain.plain import plain

ESCALATED_BY = "system:sla"
"""Who escalates in the engine's name: a level has had its time."""

MAX_CLAIM = timedelta(minutes=60)


class Desk(Value):
    """Where one approval lies at present.

    ``level`` 0 is before the chain, where anybody may answer. ``people``, where there are any, are
    the only ones who may. ``due_at`` is when it moves on by itself; None at the end of the chain,
    and where there is none. A claim is over at ``claimed_until``, whether or not anybody says so.
    """

    level: int = Field(default=0, ge=0)
    name: str = ""
    people: tuple[Name, ...] = ()
    due_at: Moment | None = None
    claimed_by: Name | None = None
    claimed_until: Moment | None = None

    def holder(self, now: datetime) -> str | None:
        """Who has claimed it, where that still counts at ``now``."""
        if self.claimed_until is None or self.claimed_until <= now:
            return None
        return self.claimed_by

    def open_to(self, names: tuple[str, ...]) -> bool:
        """Whether one of ``names`` is among those who may answer at this level."""
        # By the plain spelling only: a lookalike of a name takes leave from it and gives none.
        known = {plain(name) for name in self.people}
        return not known or any(plain(name) in known for name in names)


class Level(Value):
    """One level of a chain: reached ``after`` so long a wait at the one below."""

    name: Name
    after: timedelta = Field(gt=timedelta())
    people: tuple[Name, ...] = ()


class Chain(Value):
    """Levels that an approval climbs while nobody answers it, lowest first."""

    levels: tuple[Level, ...] = ()

    def due(self, level: int, since: datetime) -> datetime | None:
        """When what reached ``level`` at ``since`` moves on; None where there is no next level."""
        return since + self.levels[level].after if level < len(self.levels) else None

    def above(self, level: int, now: datetime) -> Desk | None:
        """The next desk, reached at ``now``; None at the end of the chain.

        It is open to the people of its level and of those above; to anybody where its level names
        nobody.
        """
        if level >= len(self.levels):
            return None
        reached = self.levels[level]
        people: tuple[str, ...] = ()
        if reached.people:
            people = tuple(name for one in self.levels[level:] for name in one.people)
        return Desk(
            level=level + 1,
            name=reached.name,
            people=tuple(dict.fromkeys(people)),
            due_at=self.due(level + 1, now),
        )
