"""Votes: at most one for each person and approval, whatever the spelling of the name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from signalbox.domain.approval import Approval, ApprovalAnswer, Vote
from signalbox.domain.base import digest_of
from signalbox.domain.plain import plain
from signalbox.ledger.tables import approval_votes
from signalbox.ledger.upsert import insert_once

AT_ONCE = 500
"""Ids in one query: databases bound the number of parameters."""


def cast(connection: Connection, approval: Approval, given: ApprovalAnswer, now: datetime) -> bool:
    """Store the vote that ``given`` is; False when this person has voted already."""
    row = {
        "tenant": approval.tenant,
        "approval": approval.id,
        "voter": digest_of(plain(given.actor)),
        "option": approval.chosen(given),
        "digest": approval.digest,
        "answer": given.stored(),
        "voted_at": now,
    }
    return insert_once(connection, approval_votes, row)


def of(connection: Connection, approvals: Sequence[str]) -> dict[tuple[str, str], tuple[Vote, ...]]:
    """Votes by (tenant, approval id), in turn, of the approvals of these ids."""
    found: dict[tuple[str, str], tuple[Vote, ...]] = {}
    for start in range(0, len(approvals), AT_ONCE):
        query = (
            select(approval_votes)
            .where(approval_votes.c.approval.in_(approvals[start : start + AT_ONCE]))
            .order_by(approval_votes.c.voted_at, approval_votes.c.voter)
        )
        for row in connection.execute(query):
            vote = Vote(
                option=row.option, digest=row.digest, answer=row.answer, voted_at=row.voted_at
            )
            key = (row.tenant, row.approval)
            found[key] = (*found.get(key, ()), vote)
    return found
