"""Approvals: what waits for a person, and the person's answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.answer_forms import AnyAnswerIn, Format
from api.inbox import InboxPage, in_inbox
from api.routes.common import Caller, Engine, Id, acting, problems
from api.schemas import ApprovalOut, TaskOut
from api.views import approval_out, task_out
from graphs import hitl
from graphs.answer import Answer
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalState
from signalbox.domain.errors import NotFound

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


class ApprovalPage(BaseModel):
    """Oldest first."""

    approvals: list[ApprovalOut]


@router.get("", response_model=ApprovalPage | InboxPage, responses=problems())
async def list_approvals(
    engine: Engine,
    caller: Caller,
    state: ApprovalState = ApprovalState.WAITING,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    format: Format = Format.HITL,
) -> ApprovalPage | InboxPage:
    """Approvals in one state, oldest first; as ``HumanInterrupt`` for ``format=agent-inbox``."""
    await engine.dispatcher.sweep()
    found = await engine.reads.run(
        lambda: engine.ledger.approvals(caller.tenant, state=state, limit=limit)
    )
    rows = []
    for one in found:
        task = await engine.reads.run(engine.ledger.find_task, caller.tenant, one.subject)
        rows.append(approval_out(engine, one, task[0] if task else None))
    if format is Format.AGENT_INBOX:
        return InboxPage(approvals=[in_inbox(row) for row in rows])
    return ApprovalPage(approvals=rows)


@router.get("/{approval_id}", response_model=ApprovalOut, responses=problems(404))
async def get_approval(engine: Engine, caller: Caller, approval_id: Id) -> ApprovalOut:
    """One approval."""
    await engine.dispatcher.sweep()
    found = await engine.reads.run(engine.ledger.find_approval, caller.tenant, approval_id)
    if found is None:
        raise NotFound(
            f"no approval '{approval_id}'", hint="GET /v1/approvals lists those that wait"
        )
    task = await engine.reads.run(engine.ledger.find_task, caller.tenant, found.subject)
    return approval_out(engine, found, task[0] if task else None)


@router.post(
    "/{approval_id}",
    response_model=TaskOut,
    responses={202: {"model": TaskOut}, **problems(400, 404, 409, 413, 415)},
)
async def post_answer(
    engine: Engine,
    caller: Caller,
    approval_id: Id,
    body: AnyAnswerIn,
    response: Response,
    format: Annotated[Format, Query(description="the form is told by its fields")] = Format.HITL,
) -> TaskOut:
    """Answer an approval. The first valid answer wins; every other one is told so (409).

    202 where it goes on waiting: it was escalated, or others that are needed have yet to answer.
    """
    try:
        given = ApprovalAnswer(
            decision=body.decision,
            option=body.team,
            message=body.message,
            actor=acting(caller, body.actor),
            on_behalf_of=body.on_behalf_of,
            digest=body.digest,
        )
    except ValidationError as error:
        rows = [{**row, "loc": ("body", *row["loc"])} for row in error.errors()]
        raise RequestValidationError(rows) from None
    if body.action is not None:
        asked = await engine.reads.run(engine.ledger.find_approval, caller.tenant, approval_id)
        if asked is not None:
            name, arguments, _ = engine.kind.action(asked.draft)
            hitl.check_action(body.action, name, arguments, edited=given.option is not None)
    stored = await engine.dispatcher.answer(caller.tenant, approval_id, given)
    found = await engine.reads.run(engine.ledger.find_task, caller.tenant, stored.subject)
    if found is None:
        raise NotFound(f"no task '{stored.subject}'")
    if isinstance(stored, Decision):
        return task_out(Answer(found[0], decision=stored))
    response.status_code = 202
    provisional = engine.settings.fallback_team or None
    return task_out(Answer(found[0], approval=stored, provisional=provisional))
