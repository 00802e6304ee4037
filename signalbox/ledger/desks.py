"""Rows of where approvals lie: made when there is something to say, read beside the approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from signalbox.domain.approval import Approval
from signalbox.domain.base import digest_of
from signalbox.domain.escalation import Desk
from signalbox.domain.plain import plain
from signalbox.ledger.approval_tables import approval_desks as table
from signalbox.ledger.upsert import insert_once

AT_ONCE = 500
"""Ids in one query: databases bound the number of parameters."""

FREE: dict[str, Any] = {"claimant": None, "claimed_by": None, "claimed_until": None}


def of(connection: Connection, approvals: Sequence[str]) -> dict[tuple[str, str], Desk]:
    """Desks by (tenant, approval id) of the approvals of these ids, where they have one."""
    found: dict[tuple[str, str], Desk] = {}
    for start in range(0, len(approvals), AT_ONCE):
        query = select(table).where(table.c.approval.in_(approvals[start : start + AT_ONCE]))
        for row in connection.execute(query):
            fields = {name: getattr(row, name) for name in Desk.model_fields}
            found[row.tenant, row.approval] = Desk.model_validate(fields)
    return found


def make(connection: Connection, tenant: str, approval: str, desk: Desk) -> bool:
    """Store the first desk of an approval; False where it has one."""
    row = desk.model_dump(exclude={"claimed_by", "claimed_until"})
    return insert_once(connection, table, row | {"tenant": tenant, "approval": approval})


def take(
    connection: Connection, asked: Approval, actor: str, until: datetime, now: datetime
) -> bool:
    """Claim it, where it is free, the time of its claim is up, or it is one's own; whether so."""
    make(connection, asked.tenant, asked.id, asked.desk)
    mine = digest_of(plain(actor))
    free = or_(
        table.c.claimed_until.is_(None),
        table.c.claimed_until <= now,
        table.c.claimant == mine,
    )
    claim = (
        update(table)
        .where(*_is(asked), free)
        .values(claimant=mine, claimed_by=actor, claimed_until=until)
    )
    return connection.execute(claim.returning(table.c.approval)).first() is not None


def free(connection: Connection, asked: Approval, actor: str) -> None:
    """End the claim of ``actor``, if it is theirs."""
    mine = table.c.claimant == digest_of(plain(actor))
    connection.execute(update(table).where(*_is(asked), mine).values(FREE))


def move(connection: Connection, asked: Approval, to: Desk, due_by: datetime | None = None) -> bool:
    """Put it on another desk, where it still lies at the one it was seen at; whether it did.

    With ``due_by`` only what is due by then.
    """
    seen = [table.c.level == asked.desk.level]
    if due_by is not None:
        seen.append(table.c.due_at <= due_by)
    put = update(table).where(*_is(asked), *seen)
    values = to.model_dump(exclude={"claimed_by", "claimed_until"}) | FREE
    return connection.execute(put.values(values).returning(table.c.approval)).first() is not None


def _is(asked: Approval) -> tuple[Any, Any]:
    return table.c.tenant == asked.tenant, table.c.approval == asked.id
