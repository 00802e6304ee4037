"""Plan edits: the closed grammar in which a change to a running plan may be proposed.

Every id is one that was offered: a step of the plan, an activity of the catalogue, a role, a
resource. No edit carries an id or a structure of its own making, so a proposal can be checked and
never has to be interpreted.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from signalbox.domain.base import Identifier, Value
from signalbox.domain.template import Activity

MAX_EDITS = 20
MAX_REPEATS = 10


class _Edit(Value):
    @property
    def touched(self) -> tuple[str, ...]:
        """The steps that this edit changes, as against those it only goes by."""
        return ()


class _Placed(_Edit):
    """Put directly ``after`` one step or directly ``before`` one; exactly one of them is given."""

    after: Identifier | None = None
    before: Identifier | None = None

    @model_validator(mode="after")
    def _one_place(self) -> _Placed:
        if (self.after is None) == (self.before is None):
            raise ValueError("give either after or before")
        return self


class _OnStep(_Edit):
    step: Identifier

    @property
    def touched(self) -> tuple[str, ...]:
        return (self.step,)


class Insert(_Placed):
    """Put an activity of the catalogue into the plan."""

    verb: Literal["insert"] = "insert"
    activity: Identifier


class AddParallel(_Edit):
    """Let an activity of the catalogue run at the same time as the step ``beside``."""

    verb: Literal["add_parallel"] = "add_parallel"
    activity: Identifier
    beside: Identifier


class Skip(_OnStep):
    """Leave a step out; it stays visible in the plan."""

    verb: Literal["skip"] = "skip"


class Replace(_OnStep):
    """Do an activity of the catalogue in place of a step."""

    verb: Literal["replace"] = "replace"
    activity: Identifier


class Move(_Placed, _OnStep):
    """Take a step out of its place and put it elsewhere."""

    verb: Literal["move"] = "move"


class Parallelise(_Edit):
    """Let two steps of which ``second`` directly follows ``first`` run at the same time."""

    verb: Literal["parallelise"] = "parallelise"
    first: Identifier
    second: Identifier

    @property
    def touched(self) -> tuple[str, ...]:
        return (self.first, self.second)


class Repeat(_OnStep):
    """Allow a step to be done again, up to ``at_most`` more times."""

    verb: Literal["repeat"] = "repeat"
    at_most: int = Field(default=1, ge=1, le=MAX_REPEATS)


class Reassign(_OnStep):
    """Give a step to another role, another resource, or both."""

    verb: Literal["reassign"] = "reassign"
    role: Identifier | None = None
    resource: Identifier | None = None

    @model_validator(mode="after")
    def _to_somebody(self) -> Reassign:
        if self.role is None and self.resource is None:
            raise ValueError("give a role, a resource or both")
        return self


PlanEdit = Annotated[
    Insert | AddParallel | Skip | Replace | Move | Parallelise | Repeat | Reassign,
    Field(discriminator="verb"),
]
PLAN_EDITS: TypeAdapter[tuple[PlanEdit, ...]] = TypeAdapter(
    Annotated[tuple[PlanEdit, ...], Field(max_length=MAX_EDITS)]
)
"""Reads a list of edits from JSON or plain data."""


class Offered(Value):
    """What an edit may bring in: nothing, unless it is listed here."""

    activities: tuple[Activity, ...] = ()
    roles: tuple[Identifier, ...] = ()
    resources: tuple[Identifier, ...] = ()
