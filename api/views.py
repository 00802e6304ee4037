"""Domain values as the API shows them."""

from __future__ import annotations

from api.schemas import ApprovalOut, AssignmentOut, TaskOut, VoteOut
from graphs.answer import Answer
from graphs.hitl import request
from signalbox.app import Signalbox
from signalbox.domain.approval import Approval
from signalbox.domain.assignment import Assignment
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalState, DecisionStatus, TaskState
from signalbox.domain.task import Task

SHOWN_ALTERNATIVES = 5


def state_of(decision: Decision | None, approval: Approval | None) -> TaskState:
    """Where a task with this decision or approval stands."""
    if decision is not None:
        decided = decision.status is DecisionStatus.DECIDED
        return TaskState.ROUTED if decided else TaskState.CLOSED
    return TaskState.RECEIVED if approval is None else TaskState.WAITING


def task_out(answer: Answer) -> TaskOut:
    """The answer to a submitter."""
    decision, approval = answer.decision, answer.approval
    shown = decision or (approval.draft if approval else None)
    expired = decision is None and approval is not None and approval.state is ApprovalState.EXPIRED
    return TaskOut(
        task_id=answer.task.id,
        state=answer.state or state_of(decision, approval),
        team=decision.option if decision else None,
        provisional=None if decision else answer.provisional,
        status=shown.status.value if shown and not expired else "pending",
        source=shown.source.value if shown else None,
        automatic=bool(decision and decision.automatic),
        confidence=shown.confidence if shown else None,
        reason=_reason(shown, approval, expired),
        decision_id=shown.id if shown else None,
        epoch=shown.epoch if shown else None,
        approval_id=approval.id if approval else None,
        alternatives=list(shown.trace.ranked[:SHOWN_ALTERNATIVES]) if shown else [],
        resource=answer.assignment.resource if answer.assignment else None,
        assignment=assignment_out(answer.assignment) if answer.assignment else None,
        rules=[note.rule for note in shown.trace.rules] if shown else [],
        elapsed_ms=answer.elapsed_ms or None,
    )


def assignment_out(found: Assignment) -> AssignmentOut:
    """Where a task stands with its team."""
    return AssignmentOut(**found.model_dump(include=set(AssignmentOut.model_fields)))


def _reason(shown: Decision | None, approval: Approval | None, expired: bool) -> str:
    if expired:
        return "nobody answered in time; the denial is being written"
    if shown and approval and approval.votes and shown is approval.draft:
        said = "; ".join(f"{vote.answer.by.signed} for '{vote.option}'" for vote in approval.votes)
        return f"others have to agree before it is done; so far: {said}"
    return shown.reason if shown else "the deadline passed first; deciding goes on"


def approval_out(engine: Signalbox, approval: Approval, task: Task | None) -> ApprovalOut:
    """An approval with what a person needs to answer it."""
    draft, desk = approval.draft, approval.desk
    holder = desk.holder(engine.parts.clock())
    return ApprovalOut(
        id=approval.id,
        task_id=approval.subject,
        decision_id=approval.decision_id,
        state=approval.state,
        proposed=draft.option,
        confidence=draft.confidence,
        reason=approval.reason,
        alternatives=list(draft.trace.ranked[:SHOWN_ALTERNATIVES]),
        text=task.text if task else "",
        attributes=task.attributes if task else {},
        digest=approval.digest,
        risk=draft.trace.risk,
        needed=approval.needed,
        votes=[
            VoteOut(
                actor=vote.answer.actor,
                on_behalf_of=vote.answer.on_behalf_of,
                decision=vote.answer.decision,
                team=vote.option,
                message=vote.answer.message,
                voted_at=vote.voted_at,
            )
            for vote in approval.votes
        ],
        request=request(*engine.kind.action(draft)),
        level=desk.level,
        level_name=desk.name,
        eligible=list(desk.people),
        due_at=desk.due_at,
        claimed_by=holder,
        claimed_until=desk.claimed_until if holder else None,
        created_at=approval.created_at,
        expires_at=approval.expires_at,
        answered_by=approval.answer.by.signed if approval.answer else None,
        advice=approval.advice or draft.trace.advice,
        standing=draft.trace.standing,
    )
