"""Teams and resources: who can do the work."""

from __future__ import annotations

from pydantic import Field

from signalbox.domain.base import Identifier, Name, Value


class Team(Value):
    """A queue of work with people behind it. ``id`` is the label the router was learned with."""

    id: Name
    title: str = ""


class Resource(Value):
    """A person, machine or agent that does work."""

    id: Identifier
    tenant: Identifier = "default"
    team: Name | None = None
    skills: frozenset[Name] = frozenset()
    capacity: int = Field(default=1, ge=0, description="tasks it can hold at once")
