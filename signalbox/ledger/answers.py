"""Whose answer to an approval counts: arbitrated under a lock on its row, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.plain import name_problem, same_name
from signalbox.ledger import approvals, votes
from signalbox.ledger.tables import approvals as table


def answer(
    connection: Connection,
    tenant: str,
    approval_id: str,
    given: ApprovalAnswer,
    now: datetime,
    needed: int | None = None,
) -> Approval:
    """Record ``given`` if it is in time, about the same action and not one's own.

    Approve and edit are votes for an option, one for each person: the vote with which ``needed``
    different people (those of the approval, where that is more or none is told) have spoken for the
    same option answers the approval; until then it comes back as it waits. Reject and respond
    answer it at once, also from somebody who has voted.

    Raises BadInput for an actor that is no name; NotFound; Conflict that says why it does not
    count.
    """
    asked = approvals.find(connection, tenant, approval_id, lock=True)
    if asked is None:
        raise NotFound(f"there is no approval {approval_id!r}")
    if reason := name_problem(given.actor):
        raise BadInput(f"the name of who answers {reason}", hint="send it as 'actor'")
    if asked.requester is not None and same_name(asked.requester, given.actor):
        raise Conflict(
            f"{given.actor!r} asked for this and may not also answer it (separation of duties)",
            hint="have somebody else answer",
        )
    other = given.digest is not None and given.digest != asked.digest
    if other or asked.state is not ApprovalState.WAITING or asked.expires_at <= now:
        raise _too_late(asked, given)
    if given.decision in (ApprovalVerb.APPROVE, ApprovalVerb.EDIT):
        asked = _voted(connection, asked, given, now)
        if len(asked.voters(asked.chosen(given))) < max(asked.needed, needed or 1):
            return asked
    answered = (
        update(table)
        .where(
            table.c.tenant == tenant,
            table.c.id == approval_id,
            table.c.state == ApprovalState.WAITING.value,
        )
        .values(state=ApprovalState.ANSWERED.value, answer=given.model_dump(), answered_at=now)
    )
    won = connection.execute(answered.returning(*table.c)).one()
    return approvals.as_approval(won, asked.votes)


def _voted(
    connection: Connection, asked: Approval, given: ApprovalAnswer, now: datetime
) -> Approval:
    """The approval with this vote among the others. Conflict for a second one of a person."""
    # By every spelling that reads the same; the row's key knows only some of them.
    again = any(same_name(vote.answer.actor, given.actor) for vote in asked.votes)
    if again or not votes.cast(connection, asked, given, now):
        raise Conflict(
            f"{given.actor!r} has already voted on approval {asked.id!r}; a vote is not changed",
            hint="have somebody else approve; whoever has voted may still reject",
        )
    cast = votes.of(connection, [asked.id]).get((asked.tenant, asked.id), ())
    return asked.model_copy(update={"votes": cast})


def _too_late(found: Approval, given: ApprovalAnswer) -> Conflict:
    if found.answer is not None and found.answered_at is not None:
        return Conflict(
            f"approval {found.id!r} was already answered: {found.answer.decision.value} by"
            f" {found.answer.actor!r} at {found.answered_at.isoformat()}",
            hint="the first answer counts; read the decision to see what came of it",
        )
    if found.state is ApprovalState.SETTLED:
        return Conflict(
            f"approval {found.id!r} is settled: decision {found.decision_id!r} was committed",
            hint="read the decision to see what came of it",
        )
    if found.state is ApprovalState.SUPERSEDED:
        return Conflict(
            f"approval {found.id!r} was superseded by a later decision about {found.subject!r}",
            hint="read the task to see what came of it",
        )
    if given.digest is not None and given.digest != found.digest:
        return Conflict(
            f"approval {found.id!r} is about another action than the digest given",
            hint="read the approval again and answer what it now shows",
        )
    return Conflict(
        f"approval {found.id!r} expired at {found.expires_at.isoformat()}",
        hint="for a new decision post it under a new id",
    )
