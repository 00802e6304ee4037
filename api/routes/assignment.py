"""Who of its team has a task: done, given back, or given to somebody by a person."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field, model_validator

from api.routes.common import Caller, Engine, Id, acting, problems
from api.schemas import NO_NUL, AssignmentOut, Body, Person
from api.views import assignment_out
from signalbox.domain.base import Identifier

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class Move(StrEnum):
    """``done``: the work is done, and whoever did it is free. ``return``: somebody else has to do
    it. ``assign``: a person gives it to ``resource``."""

    DONE = "done"
    RETURN = "return"
    ASSIGN = "assign"


_MOVE: dict[str, Any] = {
    "oneOf": [
        {
            "properties": {
                "action": {"enum": ["done", "return"]},
                "resource": {"type": "null"},
            }
        },
        {
            "required": ["resource"],
            "properties": {"action": {"const": "assign"}, "resource": {"type": "string"}},
        },
    ]
}


class MoveIn(Body):
    """What became of the work, and who says so."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_MOVE)

    action: Move
    resource: Identifier | None = Field(default=None, description="to whom, with assign")
    actor: Person | None = Field(default=None, description="left out where a key tells")
    reason: str = Field(default="", max_length=1_000, json_schema_extra=NO_NUL)

    @model_validator(mode="after")
    def _to_whom(self) -> MoveIn:
        if (self.action is Move.ASSIGN) != (self.resource is not None):
            raise ValueError("'resource' goes with the action 'assign', and has to be there then")
        return self


@router.post(
    "/{task_id}/assignment",
    response_model=AssignmentOut,
    responses=problems(400, 404, 409, 413, 415),
)
async def move(engine: Engine, caller: Caller, task_id: Id, body: MoveIn) -> AssignmentOut:
    """Say that the work is done, give it back, or give it to somebody.

    The engine gives nobody more than they can hold; a person may. 409 where it is not so any more.
    """
    by = acting(caller, body.actor)
    placing = engine.placing
    if body.action is Move.DONE:
        found = await placing.end(caller.tenant, task_id, by)
    elif body.action is Move.RETURN:
        found = await placing.give_back(caller.tenant, task_id, by, body.reason)
    else:
        assert body.resource is not None  # by the validator
        found = await placing.assign(caller.tenant, task_id, body.resource, by, body.reason)
    return assignment_out(found)
