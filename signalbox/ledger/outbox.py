"""The outbox: what happened, written with the change itself and read in order."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, insert, select

from signalbox.domain.approval import Approval, ApprovalAnswer, approval_id
from signalbox.domain.assignment import Assignment
from signalbox.domain.autonomy import EVERY_KIND, AutonomyChange
from signalbox.domain.decision import Decision
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.prediction import Proposal
from signalbox.domain.resource import Resource
from signalbox.ledger.locks import Lock, take
from signalbox.ledger.tables import outbox

DECISION_COMMITTED = "decision.committed"
DECISION_SUPERSEDED = "decision.superseded"
APPROVAL_ASKED = "approval.asked"
APPROVAL_ANSWERED = "approval.answered"
APPROVAL_EXPIRED = "approval.expired"
APPROVAL_ADVISED = "approval.advised"
APPROVAL_VOTED = "approval.voted"
APPROVAL_REFUSED = "approval.refused"
OUTCOME_RECORDED = "outcome.recorded"
CONSULT_FAILED = "consult.failed"
ASSIGNMENT_WAITS = "assignment.waits"
ASSIGNMENT_ENDED = "assignment.ended"
ASSIGNMENT_RETURNED = "assignment.returned"
RESOURCE_CHANGED = "resource.changed"
RESOURCE_REMOVED = "resource.removed"
RETENTION = "retention"
"""Subject of the events of letting go; they are nobody's in particular."""
PRUNABLE = frozenset(
    {
        DECISION_COMMITTED,
        OUTCOME_RECORDED,
        APPROVAL_ASKED,
        APPROVAL_ANSWERED,
        APPROVAL_EXPIRED,
        APPROVAL_ADVISED,
        APPROVAL_VOTED,
        CONSULT_FAILED,
        ASSIGNMENT_WAITS,
        ASSIGNMENT_ENDED,
        ASSIGNMENT_RETURNED,
    }
)
"""Kinds of events that rows tell of too, or nobody needs for long; all others are kept."""
AUTONOMY_CHANGED = "autonomy.changed"

_APPEND = insert(outbox)
_AFTER = (
    select(outbox)
    .where(outbox.c.id > bindparam("after"))
    .order_by(outbox.c.id)
    .limit(bindparam("at_most"))
)
_LAST = select(func.max(outbox.c.id))


def decision_committed(decision: Decision) -> Event:
    """The event of a committed decision: all but its trace, which the decision itself holds."""
    data = decision.model_dump(mode="json", exclude={"trace"})
    return Event(
        tenant=decision.tenant,
        type=DECISION_COMMITTED,
        subject=decision.subject,
        data=data | {"automatic": decision.automatic},
    )


def assignment_waits(waiting: Assignment, reason: str, suggested: str | None) -> Event:
    """The event of a task that goes on waiting, for another reason than before."""
    data: dict[str, object] = {"team": waiting.team, "reason": reason, "suggested": suggested}
    return _assignment(waiting, ASSIGNMENT_WAITS, data)


def assignment_ended(ended: Assignment, by: str | None) -> Event:
    """The event of work that is done."""
    data: dict[str, object] = {"team": ended.team, "resource": ended.resource, "by": by}
    return _assignment(ended, ASSIGNMENT_ENDED, data)


def assignment_returned(back: Assignment, by: str | None, reason: str) -> Event:
    """The event of work that somebody gave back."""
    data: dict[str, object] = {"team": back.team, "resource": back.resource, "by": by}
    return _assignment(back, ASSIGNMENT_RETURNED, data | {"reason": reason})


def _assignment(about: Assignment, type: str, data: dict[str, object]) -> Event:
    return Event(tenant=about.tenant, type=type, subject=about.task_id, data=data)


def resource_changed(resource: Resource, *, new: bool) -> Event:
    """The event of a resource that is registered, or registered anew."""
    data = resource.model_dump(mode="json", exclude={"tenant"}) | {"new": new}
    data["skills"] = sorted(resource.skills)
    return Event(tenant=resource.tenant, type=RESOURCE_CHANGED, subject=resource.id, data=data)


def resource_removed(resource: Resource, freed: int) -> Event:
    """The event of a resource that is taken out; ``freed`` tasks wait again."""
    data: dict[str, object] = {"team": resource.team, "freed": freed}
    return Event(tenant=resource.tenant, type=RESOURCE_REMOVED, subject=resource.id, data=data)


def superseded(decision: Decision, approvals: list[str]) -> Event:
    """The event of a decision that takes the place of an earlier one, or of what waited."""
    return Event(
        tenant=decision.tenant,
        type=DECISION_SUPERSEDED,
        subject=decision.subject,
        data={
            "decision_id": decision.id,
            "epoch": decision.epoch,
            "option": decision.option,
            "was": decision.trace.standing,
            "approvals": approvals,
        },
    )


def approval_asked(approval: Approval) -> Event:
    """The event of an approval that begins to wait for a person."""
    return _of_approval(
        APPROVAL_ASKED,
        approval,
        option=approval.draft.option,
        needed=approval.needed,
        expires_at=approval.expires_at.isoformat(),
    )


def approval_answered(approval: Approval, given: ApprovalAnswer) -> Event:
    """The event of the answer that counts, before it is looked at again and carried out."""
    return _of_approval(
        APPROVAL_ANSWERED,
        approval,
        decision=given.decision.value,
        option=approval.chosen(given),
        actor=given.actor,
        on_behalf_of=given.on_behalf_of,
    )


def approval_expired(approval: Approval) -> Event:
    """The event of an approval whose time is up: it is denied."""
    return _of_approval(APPROVAL_EXPIRED, approval, expires_at=approval.expires_at.isoformat())


def _of_approval(kind: str, approval: Approval, **data: object) -> Event:
    about = {
        "approval_id": approval.id,
        "decision_id": approval.decision_id,
        "digest": approval.digest,
    }
    return Event(
        tenant=approval.tenant, type=kind, subject=approval.subject, data={**about, **data}
    )


def approval_advised(approval: Approval, advice: Proposal) -> Event:
    """The event of advice that came while an approval waited."""
    return Event(
        tenant=approval.tenant,
        type=APPROVAL_ADVISED,
        subject=approval.subject,
        data={"approval_id": approval.id, "advice": advice.model_dump(mode="json")},
    )


def approval_voted(approval: Approval, given: ApprovalAnswer, needed: int | None) -> Event:
    """The event of a vote that others have to follow before the approval is answered."""
    option = approval.chosen(given)
    return Event(
        tenant=approval.tenant,
        type=APPROVAL_VOTED,
        subject=approval.subject,
        data={
            "approval_id": approval.id,
            "digest": approval.digest,
            "option": option,
            "actor": given.actor,
            "on_behalf_of": given.on_behalf_of,
            "votes": len(approval.voters(option)),
            "needed": max(needed or 1, approval.needed),
        },
    )


def approval_refused(decision: Decision) -> Event:
    """The event of what was answered and yet may not be done: altered, or against the rules now."""
    return Event(
        tenant=decision.tenant,
        type=APPROVAL_REFUSED,
        subject=decision.subject,
        data={
            "approval_id": approval_id(decision.id),
            "decision_id": decision.id,
            "proposed": decision.proposed,
            "reason": decision.reason,
        },
    )


def autonomy_changed(order: AutonomyChange) -> Event:
    """The event of an operator's order: it concerns every tenant, and is nobody's in particular."""
    subject = EVERY_KIND if order.kind is None else order.kind.value
    data = order.model_dump(mode="json")
    return Event(type=AUTONOMY_CHANGED, subject=f"autonomy:{subject}".rstrip("*:"), data=data)


def outcome_recorded(outcome: Outcome) -> Event:
    """The event of an outcome recorded for the first time."""
    return Event(
        tenant=outcome.tenant,
        type=OUTCOME_RECORDED,
        subject=outcome.subject,
        data=outcome.model_dump(mode="json"),
    )


def append(connection: Connection, event: Event) -> None:
    """Write ``event`` as part of the present transaction.

    The last statement of a transaction: holding the shared lock while waiting for a row could
    block readers and writers on each other.
    """
    take(connection, Lock.EVENT_ORDER, shared=True)
    connection.execute(_APPEND, event.model_dump(exclude={"id"}))


def after(connection: Connection, place: int, limit: int) -> list[Event]:
    """Events of every tenant with an id above ``place``, in order and without gaps to come."""
    query = {"after": place, "at_most": limit}
    if connection.dialect.name == "postgresql":
        # An idle poll should not make writers wait.
        if connection.execute(_AFTER, query | {"at_most": 1}).first() is None:
            return []
        take(connection, Lock.EVENT_ORDER)
    rows = connection.execute(_AFTER, query)
    return [Event.model_validate(dict(row._mapping)) for row in rows]


def head(connection: Connection) -> int:
    """The last id; what commits after this transaction is above it."""
    take(connection, Lock.EVENT_ORDER)
    return connection.execute(_LAST).scalar() or 0


def outcomes_after(connection: Connection, place: int, limit: int) -> tuple[list[Event], int]:
    """Outcome events above ``place`` in order, at most ``limit``, and the place to go on from."""
    last = connection.execute(_LAST).scalar() or 0
    if last <= place:
        return [], place
    if connection.dialect.name == "postgresql":
        take(connection, Lock.EVENT_ORDER)
        last = connection.execute(_LAST).scalar() or 0
    if limit == 0:
        return [], last
    query = (
        select(outbox)
        .where(outbox.c.id > place, outbox.c.id <= last, outbox.c.type == OUTCOME_RECORDED)
        .order_by(outbox.c.id)
        .limit(limit)
    )
    found = [Event.model_validate(dict(row._mapping)) for row in connection.execute(query)]
    if len(found) == limit:
        last = found[-1].id or last
    return found, last
