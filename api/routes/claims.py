"""Claims: an approval reserved by whoever is looking at it, for an hour at most."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.routes.common import Caller, Engine, Id, acting, problems
from api.schemas import ApprovalOut, Body, Person
from api.views import approval_out
from signalbox.app import Signalbox
from signalbox.domain.approval import Approval
from signalbox.domain.delegation import Hand

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])

MOST_MINUTES = 60


class ClaimIn(Body):
    """Who reserves it, and for how long."""

    actor: Person | None = Field(default=None, description="left out where a key tells")
    on_behalf_of: Person | None = Field(
        default=None, description="whose delegation it takes to answer it, if any"
    )
    minutes: float = Field(default=15, ge=0.1, le=MOST_MINUTES, strict=True)


@router.post(
    "/{approval_id}/claim", response_model=ApprovalOut, responses=problems(400, 404, 409, 413, 415)
)
async def claim(engine: Engine, caller: Caller, approval_id: Id, body: ClaimIn) -> ApprovalOut:
    """Reserve an approval: until then only whoever claims it may answer. Again, to extend it.

    409 for all others says who has it, and until when.
    """
    by = Hand(actor=acting(caller, body.actor), on_behalf_of=body.on_behalf_of)
    now = engine.parts.clock()
    until = now + timedelta(minutes=body.minutes)
    desks = engine.ledger.desks
    found = await engine.writes.run(desks.claim, caller.tenant, approval_id, by, until, now)
    return await _shown(engine, found)


@router.delete("/{approval_id}/claim", response_model=ApprovalOut, responses=problems(404, 409))
async def release(
    engine: Engine,
    caller: Caller,
    approval_id: Id,
    actor: Annotated[Person | None, Query(description="left out where a key tells")] = None,
) -> ApprovalOut:
    """Give a claim back before its time. Nothing happens where there is none."""
    name = acting(caller, actor)
    now, desks = engine.parts.clock(), engine.ledger.desks
    found = await engine.writes.run(desks.release, caller.tenant, approval_id, name, now)
    return await _shown(engine, found)


async def _shown(engine: Signalbox, approval: Approval) -> ApprovalOut:
    task = await engine.reads.run(engine.ledger.find_task, approval.tenant, approval.subject)
    return approval_out(engine, approval, task[0] if task else None)
