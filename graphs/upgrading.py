"""What becomes of a language model's answer that comes after the caller has left.

It may supersede a decision that a fallback rule made in the meantime, or one that waits for a
person, as the next epoch; the ledger arbitrates, and a person who was first counts. Where it may
not act by itself, a person sees it beside the local model's view.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from signalbox.domain.approval import Approval
from signalbox.domain.consultation import Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalState, Source
from signalbox.domain.errors import Conflict
from signalbox.domain.outcome import Event
from signalbox.domain.prediction import Proposal
from signalbox.domain.task import Task

log = logging.getLogger("signalbox.dispatcher")

CONSULT_FAILED = "consult.failed"


class Line(Protocol):
    """What an upgrade needs of the dispatcher."""

    async def standing(self, task: Task) -> tuple[Decision | None, Approval | None]: ...

    async def travel(self, task: Task, epoch: int, **more: Any) -> tuple[str, Any]: ...

    async def park(self, task: Task, thread: str, state: Any) -> Any: ...

    async def advise(self, approval: Approval, advice: Proposal) -> bool: ...

    async def forget(self, thread: str) -> None: ...

    async def note(self, event: Event) -> None: ...

    async def keep_advice(self, task: Task, advice: Proposal) -> None: ...


async def upgrade(line: Line, task: Task, awaited: asyncio.Task[Consulted]) -> None:
    """Wait for the answer about ``task`` and do with it what is allowed."""
    try:
        consulted = await awaited
    except asyncio.CancelledError:
        awaited.cancel()
        raise
    proposal = consulted.proposal
    if proposal is None:
        told = {"failure": consulted.failure, "note": consulted.note, "cost": consulted.cost_usd}
        await line.note(
            Event(tenant=task.tenant, type=CONSULT_FAILED, subject=task.id, data={**told})
        )
        return
    if proposal.promise is not None:
        # Whatever becomes of it: its outcome counts for or against the certificate.
        await line.keep_advice(task, proposal)
    decision, approval = await line.standing(task)
    try:
        if decision is not None:
            await _instead_of(line, task, decision, consulted, proposal)
        elif approval is not None and approval.state is ApprovalState.WAITING:
            await _beside(line, task, approval, consulted, proposal)
    except Conflict as first:
        log.info("the model's late answer about %s does not count: %s", task.id, first)


async def _instead_of(
    line: Line, task: Task, decision: Decision, consulted: Consulted, proposal: Proposal
) -> None:
    """Only what a fallback rule chose, for want of something better, is up for change."""
    if decision.source is not Source.FALLBACK or decision.option == proposal.option:
        return
    thread, state = await line.travel(
        task, decision.epoch + 1, given=consulted, standing=decision.option
    )
    if "__interrupt__" not in state:
        return
    draft = Decision.model_validate(state["parked"]["draft"])
    if draft.source is Source.AGENT and draft.option != decision.option:
        await line.park(task, thread, state)
    else:
        await line.forget(thread)


async def _beside(
    line: Line, task: Task, approval: Approval, consulted: Consulted, proposal: Proposal
) -> None:
    """Act where that is certified, else advise the person whose answer is awaited."""
    if proposal.certified:
        thread, state = await line.travel(task, approval.epoch + 1, given=consulted)
        if "__interrupt__" not in state:
            return
        await line.forget(thread)
    await line.advise(approval, proposal)
