"""Decisions: what was decided and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.routes.common import Caller, Engine, Id, problems
from signalbox.domain.approval import approval_id
from signalbox.domain.decision import Decision
from signalbox.domain.enums import DecisionStatus
from signalbox.domain.errors import NotFound

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])


class DecisionPage(BaseModel):
    """Newest first. ``next`` is the ``before`` of the page that follows, None at the end."""

    decisions: list[Decision]
    next: str | None


@router.get("/{decision_id}", response_model=Decision, responses=problems(404))
async def get_decision(engine: Engine, caller: Caller, decision_id: Id) -> Decision:
    """One decision with its whole trace, waiting ones included."""
    found = await engine.reads.run(engine.ledger.find_decision, caller.tenant, decision_id)
    if found is not None:
        return found
    # A waiting decision is not committed: its draft lies with the approval.
    approval = await engine.reads.run(
        engine.ledger.find_approval, caller.tenant, approval_id(decision_id)
    )
    if approval is None:
        raise NotFound(f"no decision '{decision_id}'", hint="GET /v1/decisions lists them")
    await engine.dispatcher.sweep(approval.subject)
    found = await engine.reads.run(engine.ledger.find_decision, caller.tenant, decision_id)
    return found or approval.draft


@router.get("", response_model=DecisionPage, responses=problems(404))
async def list_decisions(
    engine: Engine,
    caller: Caller,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=128)] = None,
    status: DecisionStatus | None = None,
) -> DecisionPage:
    """Committed decisions, newest first."""
    rows = await engine.reads.run(
        lambda: engine.ledger.decisions(
            caller.tenant, limit=limit, before=before, status=status.value if status else None
        )
    )
    return DecisionPage(decisions=rows, next=rows[-1].id if len(rows) == limit else None)
