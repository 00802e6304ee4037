"""Approval rows: parked, listed, expired, superseded and settled. ``answers`` has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, select, update

from signalbox.domain.approval import Approval, Vote
from signalbox.domain.enums import ApprovalState
from signalbox.domain.errors import Conflict
from signalbox.domain.escalation import Desk
from signalbox.domain.prediction import Proposal
from signalbox.ledger import desks, votes
from signalbox.ledger.tables import approvals
from signalbox.ledger.upsert import insert_once

_BY_ID = select(approvals).where(
    approvals.c.tenant == bindparam("tenant"), approvals.c.id == bindparam("approval_id")
)
_LOCK = _BY_ID.with_for_update()
_BY_DECISION = select(approvals).where(
    approvals.c.tenant == bindparam("tenant"),
    approvals.c.decision_id == bindparam("decision_id"),
)
_SETTLE = (
    update(approvals)
    .where(
        approvals.c.tenant == bindparam("in_tenant"),
        approvals.c.decision_id == bindparam("of_decision"),
    )
    .values(state=ApprovalState.SETTLED.value)
    .returning(approvals.c.advice)
)


def store(connection: Connection, approval: Approval) -> tuple[Approval, bool]:
    """Insert ``approval`` unless its decision has one; (first, whether it was new).

    Raises Conflict when its id belongs to the approval of another decision.
    """
    row = {
        "tenant": approval.tenant,
        "id": approval.id,
        "decision_id": approval.decision_id,
        "subject": approval.subject,
        "epoch": approval.epoch,
        "state": approval.state.value,
        "draft": approval.draft.model_dump(),
        "digest": approval.digest,
        "interrupt": approval.interrupt,
        "thread": approval.thread,
        "requester": approval.requester,
        "needed": approval.needed,
        "step": approval.step,
        "reason": approval.reason,
        "created_at": approval.created_at,
        "expires_at": approval.expires_at,
        "answer": None if approval.answer is None else approval.answer.stored(),
        "answered_at": approval.answered_at,
        "advice": None if approval.advice is None else approval.advice.model_dump(),
    }
    if insert_once(connection, approvals, row):
        if approval.desk.due_at is not None:
            desks.make(connection, approval.tenant, approval.id, approval.desk)
        return approval, True
    key = {"tenant": approval.tenant, "decision_id": approval.decision_id}
    first = connection.execute(_BY_DECISION, key).first()
    if first is None:
        raise Conflict(
            f"the approval id {approval.id!r} belongs to another decision",
            hint="give every approval an id of its own",
        )
    return whole(connection, [first])[0], False


def find(
    connection: Connection, tenant: str, approval_id: str, *, lock: bool = False
) -> Approval | None:
    """The approval of that id; ``lock`` holds its row until the transaction ends."""
    statement = _LOCK if lock else _BY_ID
    row = connection.execute(statement, {"tenant": tenant, "approval_id": approval_id}).first()
    return None if row is None else whole(connection, [row])[0]


def settle(connection: Connection, tenant: str, decision_id: str) -> Proposal | None:
    """Mark the approval of a decision that is being committed, if it has one.

    Returns the advice that was put beside it after its draft was made, if any was.
    """
    row = connection.execute(_SETTLE, {"in_tenant": tenant, "of_decision": decision_id}).first()
    return None if row is None or row.advice is None else Proposal.model_validate(row.advice)


def unsettled(connection: Connection, tenant: str, subject: str) -> Approval | None:
    """The newest approval about ``subject`` that waits or whose answer is still to be committed."""
    open_states = (ApprovalState.WAITING, ApprovalState.ANSWERED, ApprovalState.EXPIRED)
    query = (
        select(approvals)
        .where(
            approvals.c.tenant == tenant,
            approvals.c.subject == subject,
            approvals.c.state.in_([state.value for state in open_states]),
        )
        .order_by(approvals.c.epoch.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else whole(connection, [row])[0]


def advise(connection: Connection, tenant: str, approval_id: str, advice: Proposal) -> bool:
    """Put ``advice`` beside an approval that still waits; whether one did."""
    put = (
        update(approvals)
        .where(
            approvals.c.tenant == tenant,
            approvals.c.id == approval_id,
            approvals.c.state == ApprovalState.WAITING.value,
        )
        .values(advice=advice.model_dump())
    )
    return connection.execute(put.returning(approvals.c.id)).first() is not None


def close_changes(connection: Connection, tenant: str, subject: str) -> None:
    """Close what still waits about a subject whose outcome is known: there is nothing to change."""
    connection.execute(
        update(approvals)
        .where(
            approvals.c.tenant == tenant,
            approvals.c.subject == subject,
            approvals.c.state == ApprovalState.WAITING.value,
        )
        .values(state=ApprovalState.SUPERSEDED.value)
    )


def supersede(connection: Connection, tenant: str, subject: str, epoch: int) -> list[str]:
    """Close what waits about ``subject`` from before ``epoch``; ids of the approvals closed.

    Raises Conflict when somebody has answered one of them, or its time was up: that counts.
    """
    earlier = (
        approvals.c.tenant == tenant,
        approvals.c.subject == subject,
        approvals.c.epoch < epoch,
    )
    close = (
        update(approvals)
        .where(*earlier, approvals.c.state == ApprovalState.WAITING.value)
        .values(state=ApprovalState.SUPERSEDED.value)
        .returning(approvals.c.id)
    )
    closed = [row.id for row in connection.execute(close)]
    taken = (
        ApprovalState.ANSWERED.value,
        ApprovalState.EXPIRED.value,
        ApprovalState.SETTLED.value,
    )
    answered = select(approvals.c.id).where(*earlier, approvals.c.state.in_(taken))
    if (first := connection.scalar(answered)) is not None:
        raise Conflict(
            f"approval {first!r} was answered before the decision that would replace it",
            hint="nothing needs to be done: the answer counts",
        )
    return closed


def paused_steps(connection: Connection) -> dict[str, int]:
    """How many runs are paused at each step, answered or not; those settled are resumed no more."""
    open_states = (ApprovalState.WAITING, ApprovalState.ANSWERED, ApprovalState.EXPIRED)
    query = (
        select(approvals.c.step, func.count())
        .where(approvals.c.state.in_([state.value for state in open_states]))
        .group_by(approvals.c.step)
    )
    return {step: int(count) for step, count in connection.execute(query)}


def oldest(
    connection: Connection, tenant: str | None, state: ApprovalState | None, limit: int
) -> list[Approval]:
    """Oldest first; every tenant's when ``tenant`` is None, in any state when ``state`` is."""
    query = select(approvals).order_by(approvals.c.created_at, approvals.c.id).limit(limit)
    if tenant is not None:
        query = query.where(approvals.c.tenant == tenant)
    if state is not None:
        query = query.where(approvals.c.state == state.value)
    return whole(connection, connection.execute(query).all())


def overdue(connection: Connection, now: datetime) -> bool:
    """Whether anything still waits whose time is up."""
    past = select(approvals.c.id).where(
        approvals.c.state == ApprovalState.WAITING.value, approvals.c.expires_at <= now
    )
    return connection.execute(past.limit(1)).first() is not None


def expire(connection: Connection, now: datetime) -> list[Approval]:
    """Mark every waiting approval whose time is up; only one caller gets each of them."""
    past = (
        update(approvals)
        .where(
            approvals.c.state == ApprovalState.WAITING.value,
            approvals.c.expires_at <= now,
        )
        .values(state=ApprovalState.EXPIRED.value)
        .returning(*approvals.c)
    )
    marked = [as_approval(row) for row in connection.execute(past)]
    return sorted(marked, key=lambda approval: (approval.expires_at, approval.id))


def as_approval(
    row: Row[tuple[object, ...]], cast: tuple[Vote, ...] = (), desk: Desk | None = None
) -> Approval:
    """The approval of a row, with the votes and the desk that were read beside it."""
    return Approval.model_validate({**row._mapping, "votes": cast, "desk": desk or Desk()})


def whole(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[Approval]:
    """The approvals of ``rows`` with what belongs to them."""
    ids = [row.id for row in rows]
    cast, lies = votes.of(connection, ids), desks.of(connection, ids)
    keys = [(row.tenant, row.id) for row in rows]
    return [
        as_approval(row, cast.get(key, ()), lies.get(key))
        for row, key in zip(rows, keys, strict=True)
    ]
