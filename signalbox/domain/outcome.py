"""What came of a decision."""

from __future__ import annotations

from pydantic import Field

from signalbox.domain.base import Identifier, Moment, Name, Value, utc_now


class Outcome(Value):
    """The option that turned out right for one subject, as the one who finished the work says."""

    tenant: Identifier = "default"
    subject: Identifier
    option: Name = Field(description="the team that resolved the task")
    reporter: Name | None = None
    recorded_at: Moment = Field(default_factory=utc_now)


class Event(Value):
    """A row of the outbox: something that happened and that others may want to hear of."""

    id: int | None = None
    tenant: Identifier = "default"
    type: str
    subject: Identifier
    data: dict[str, object]
    created_at: Moment = Field(default_factory=utc_now)
