"""Erasure: the texts about one task, on an administrator's word."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.routes.common import Caller, Engine, Id, acting, problems
from api.schemas import NO_NUL, ErasureOut, Person
from signalbox.domain.base import Words
from signalbox.domain.erasure import ErasureOrder

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
Reason = Annotated[
    Words,
    Query(
        min_length=1,
        max_length=1_000,
        description="kept for good, in the audit log: name nobody",
        json_schema_extra=NO_NUL,
    ),
]
Actor = Annotated[Person | None, Query(description="who says so; where there are keys, they tell")]


@router.delete("/{task_id}", response_model=ErasureOut, responses=problems(404, 409))
async def erase_task(
    engine: Engine, caller: Caller, task_id: Id, reason: Reason, actor: Actor = None
) -> ErasureOut:
    """Erase the texts about a task that is decided. What was decided, and by whom, stays."""
    done = await engine.erase(
        ErasureOrder(
            tenant=caller.tenant, subject=task_id, actor=acting(caller, actor), reason=reason
        )
    )
    return ErasureOut(task_id=task_id, erased_at=done.erased_at, new=done.new)
