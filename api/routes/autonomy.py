"""Autonomy: how far the engine may go, and the switch that stops it. For operators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.routes.common import Caller, Engine, acting, problems
from api.schemas import NO_NUL, Person
from signalbox.domain.autonomy import AutonomyChange, Switch
from signalbox.domain.enums import AutonomyLevel, Kind

router = APIRouter(prefix="/v1/autonomy", tags=["autonomy"])


_ORDER: dict[str, Any] = {
    "anyOf": [
        {
            "required": ["switch"],
            "properties": {
                "switch": {"type": "string"},
                "kind": {"type": "null"},
                "level": {"type": "null"},
            },
        },
        {
            "required": ["kind", "level"],
            "properties": {"kind": {"type": "string"}, "level": {"type": "string"}},
        },
    ]
}


class AutonomyIn(BaseModel):
    """An order: ``switch`` for everything, or ``level`` for one ``kind`` of decision.

    ``paused``: nothing takes effect by itself, people go on deciding. ``halted``: nothing takes
    effect at all; answers are kept. ``running`` lifts both.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_ORDER)

    switch: Switch | None = None
    kind: Kind | None = None
    level: AutonomyLevel | None = None
    actor: Person | None = Field(default=None, description="left out where a key tells")
    reason: str = Field(default="", max_length=1_000, json_schema_extra=NO_NUL)


@router.get("", responses=problems())
async def get_autonomy(engine: Engine) -> dict[str, Any]:
    """What is in force, and who changed it last."""
    await engine.autonomy.refresh()
    return engine.autonomy.report(engine.kind.kind)


@router.post("", responses=problems(400, 413, 415))
async def post_autonomy(engine: Engine, caller: Caller, body: AutonomyIn) -> dict[str, Any]:
    """Carry out an order. Once it is answered, nothing takes effect against it."""
    try:
        change = AutonomyChange(**body.model_dump() | {"actor": acting(caller, body.actor)})
    except ValidationError as error:
        rows = [{**row, "loc": ("body", *row["loc"])} for row in error.errors()]
        raise RequestValidationError(rows) from None
    await engine.autonomy.order(change)
    if change.switch is Switch.RUNNING:
        # What people answered while everything was halted is due now.
        await engine.dispatcher.carry_out_all()
    return engine.autonomy.report(engine.kind.kind)
