"""Whose answer to an approval counts: arbitrated under a lock on its row, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb, RiskClass
from signalbox.domain.errors import Conflict
from signalbox.domain.plain import same_name
from signalbox.ledger import approvals, duties, votes
from signalbox.ledger.tables import approvals as table


def answer(
    connection: Connection,
    tenant: str,
    approval_id: str,
    given: ApprovalAnswer,
    now: datetime,
    needed: int | None = None,
    risk: RiskClass | None = None,
) -> Approval:
    """Record ``given`` if it is in time, about the same action and of somebody who may give it.

    Approve and edit are votes for an option, one for each person: the vote with which ``needed``
    different people (those of the approval, where that is more or none is told) have spoken for the
    same option answers the approval; until then it comes back as it waits. Reject and respond
    answer it at once, also from somebody who has voted. Of somebody who answers for another both
    have then voted. ``risk`` is the class of what is answered (that of the draft, where none is
    told).

    Raises as ``duties.held`` and ``duties.permit``; ValueError for an answer that decides nothing.
    """
    if not given.decision.decides:
        raise ValueError(f"{given.decision.value} is no answer: see Desks.escalate")
    asked = duties.held(connection, tenant, approval_id, given.by, now, given.digest)
    duties.permit(connection, asked, given.by, asked.chosen(given), risk, now)
    if given.decision in (ApprovalVerb.APPROVE, ApprovalVerb.EDIT):
        asked = _voted(connection, asked, given, now)
        if len(asked.hands(asked.chosen(given))) < max(asked.needed, needed or 1):
            return asked
    answered = (
        update(table)
        .where(
            table.c.tenant == tenant,
            table.c.id == approval_id,
            table.c.state == ApprovalState.WAITING.value,
        )
        .values(state=ApprovalState.ANSWERED.value, answer=given.stored(), answered_at=now)
    )
    won = connection.execute(answered.returning(*table.c)).one()
    return approvals.as_approval(won, asked.votes, asked.desk)


def _voted(
    connection: Connection, asked: Approval, given: ApprovalAnswer, now: datetime
) -> Approval:
    """The approval with this vote among the others. Conflict for a second one of a person."""
    # By every spelling that reads the same; the row's key knows only some of them.
    cast = [name for vote in asked.votes for name in vote.answer.by.persons]
    again = [name for name in given.by.persons if any(same_name(name, known) for known in cast)]
    if again or not votes.cast(connection, asked, given, now):
        raise Conflict(
            f"{(again or [given.actor])[0]!r} has already voted on approval {asked.id!r}; a vote is"
            " not changed",
            hint="have somebody else approve; whoever has voted may still reject",
        )
    stored = votes.of(connection, [asked.id]).get((asked.tenant, asked.id), ())
    return asked.model_copy(update={"votes": stored})
