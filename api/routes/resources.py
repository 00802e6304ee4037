"""Resources: who does the work of a team."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.routes.common import Caller, Engine, Id, problems
from api.schemas import Body, whole
from signalbox.app import Signalbox
from signalbox.domain.base import Name
from signalbox.domain.calendar import Calendar
from signalbox.domain.errors import NotFound
from signalbox.domain.resource import Resource, Skill

router = APIRouter(prefix="/v1/resources", tags=["resources"])


Capacity = Annotated[int, Field(ge=1, le=1000, strict=True), BeforeValidator(whole)]
Load = Annotated[int, Field(ge=0, le=1000, strict=True), BeforeValidator(whole)]


class ResourceIn(Body):
    """All there is to know of a resource: what is left out takes its default, as with any PUT.

    ``load`` are places taken by work that Signalbox does not know of. ``new_team`` says that a team
    which the model does not know is no slip.
    """

    model_config = ConfigDict(extra="forbid")

    team: Name
    title: Name | None = None
    skills: list[Skill] = Field(default=[], max_length=200)
    capacity: Capacity = 1
    load: Load = 0
    cost: float | None = Field(default=None, ge=0, le=1e9, strict=True)
    calendar: Calendar | None = None
    away: bool = Field(default=False, strict=True)
    new_team: bool = Field(default=False, strict=True)


class ResourceOut(BaseModel):
    """A resource, with how many tasks it has now and whether it is on shift."""

    id: str
    team: str
    title: str | None
    skills: list[str]
    capacity: int
    load: int
    cost: float | None
    calendar: Calendar | None
    away: bool
    updated_at: datetime
    holds: int
    on_shift: bool


class ResourcesOut(BaseModel):
    """By id."""

    resources: list[ResourceOut]


@router.put(
    "/{resource_id}",
    response_model=ResourceOut,
    responses={201: {"model": ResourceOut}, **problems(400, 409, 413, 415)},
)
async def put_resource(
    engine: Engine, caller: Caller, resource_id: Id, body: ResourceIn, response: Response
) -> ResourceOut:
    """Register somebody, or replace what is registered. 201 where it was new.

    With the first one of a team, tasks that were routed there before begin to wait for somebody.
    """
    engine.check_new_team(caller.tenant, body.team, body.new_team)
    resource = Resource(
        id=resource_id,
        tenant=caller.tenant,
        updated_at=engine.parts.clock(),
        **body.model_dump(exclude={"skills", "calendar", "new_team"}),
        skills=frozenset(body.skills),
        calendar=body.calendar,
    )
    before = engine.placing.boards.of(caller.tenant).resources.get(resource_id)
    new = await engine.writes.run(engine.ledger.resources.put, resource)
    teams = {resource.team} | ({before.team} if before else set())
    await engine.placing.registered(caller.tenant, *sorted(teams))
    response.status_code = 201 if new else 200
    stored = await engine.reads.run(engine.ledger.resources.find, caller.tenant, resource_id)
    return _shown(engine, stored)


@router.get("", response_model=ResourcesOut, responses=problems())
async def list_resources(
    engine: Engine,
    caller: Caller,
    team: Annotated[Name | None, Query(description="of this team only")] = None,
) -> ResourcesOut:
    """Who is registered."""
    found = await engine.reads.run(engine.ledger.resources.all, caller.tenant, team)
    return ResourcesOut(resources=[_shown(engine, one) for one in found])


@router.get("/{resource_id}", response_model=ResourceOut, responses=problems(404))
async def get_resource(engine: Engine, caller: Caller, resource_id: Id) -> ResourceOut:
    """One resource."""
    found = await engine.reads.run(engine.ledger.resources.find, caller.tenant, resource_id)
    return _shown(engine, found)


@router.delete("/{resource_id}", status_code=204, responses=problems(404))
async def delete_resource(engine: Engine, caller: Caller, resource_id: Id) -> None:
    """Take somebody out of the register; tasks that are not done wait again."""
    known = await engine.reads.run(engine.ledger.resources.find, caller.tenant, resource_id)
    try:
        await engine.writes.run(engine.ledger.resources.remove, caller.tenant, resource_id)
    except NotFound:
        return  # Somebody else was quicker, to the same end.
    await engine.placing.registered(caller.tenant, known.team)


def _shown(engine: Signalbox, one: Resource) -> ResourceOut:
    board = engine.placing.boards.of(one.tenant)
    return ResourceOut(
        **one.model_dump(exclude={"tenant", "skills", "calendar"}),
        calendar=one.calendar,
        skills=sorted(one.skills),
        holds=board.held[one.id],
        on_shift=one.on_shift(engine.parts.clock()),
    )
