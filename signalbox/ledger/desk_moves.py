"""Claims and escalations: what happens to an approval that decides nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.delegation import Hand
from signalbox.domain.enums import ApprovalState
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.escalation import ESCALATED_BY, MAX_CLAIM, Chain, Desk
from signalbox.domain.outcome import Event
from signalbox.domain.plain import plain
from signalbox.ledger import approvals, desks, duties, outbox
from signalbox.ledger.approval_tables import approval_desks as table
from signalbox.ledger.database import Database
from signalbox.ledger.tables import approvals as approvals_table

APPROVAL_CLAIMED, APPROVAL_RELEASED = "approval.claimed", "approval.released"
APPROVAL_ESCALATED = "approval.escalated"
AT_ONCE = 500
"""Approvals moved in one transaction; the rest in the next round."""


class SqlDesks:
    """``signalbox.domain.desks.Desks`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, tenant: str, approval_id: str, by: Hand, until: datetime, now: datetime
    ) -> Approval:
        """Reserve it until ``until``, an hour from ``now`` at most."""
        if not now < until <= now + MAX_CLAIM:
            raise BadInput("a claim is for an hour at most", hint="send 'minutes' from 1 to 60")
        with self._database.write() as connection:
            asked = duties.held(connection, tenant, approval_id, by, now)
            duties.permit(connection, asked, by, None, None, now)
            if not desks.take(connection, asked, by.actor, until, now):
                raise Conflict(
                    f"approval {approval_id!r} was claimed by somebody else just now",
                    hint="GET it to see by whom, and until when",
                )
            taken = _again(connection, asked)
            data = by.model_dump() | {"until": until.isoformat()}
            outbox.append(connection, _event(taken, APPROVAL_CLAIMED, data))
        return taken

    def release(self, tenant: str, approval_id: str, actor: str, now: datetime) -> Approval:
        """Give a claim of one's own back; nothing happens where nobody has one."""
        with self._database.write() as connection:
            asked = approvals.find(connection, tenant, approval_id, lock=True)
            if asked is None:
                raise NotFound(f"there is no approval {approval_id!r}")
            holder = asked.desk.holder(now)
            if holder is None:
                return asked
            if plain(holder) != plain(actor):
                assert asked.desk.claimed_until is not None
                raise Conflict(
                    f"the claim is that of {holder!r}, until"
                    f" {asked.desk.claimed_until.isoformat()}",
                    hint="have them release it, or wait until it is over",
                )
            desks.free(connection, asked, actor)
            freed = _again(connection, asked)
            outbox.append(connection, _event(freed, APPROVAL_RELEASED, {"actor": actor}))
        return freed

    def escalate(
        self, tenant: str, approval_id: str, given: ApprovalAnswer, now: datetime, chain: Chain
    ) -> Approval:
        """Move it one level up, with its event; a claim ends. Nothing is decided."""
        with self._database.write() as connection:
            asked = duties.held(connection, tenant, approval_id, given.by, now, given.digest)
            duties.permit(connection, asked, given.by, None, None, now)
            to = chain.above(asked.desk.level, now)
            if to is None:
                raise Conflict(
                    f"approval {approval_id!r} is at the end of its chain"
                    if chain.levels
                    else "there is no chain to escalate through",
                    hint="answer it; SIGNALBOX_ESCALATION__LEVELS names the levels there are",
                )
            desks.make(connection, tenant, approval_id, asked.desk)
            moved = desks.move(connection, asked, to)
            assert moved, "nobody else moves it while its row is locked"
            told = _escalated(asked, to, given.by, given.message)
            outbox.append(connection, told)
        return asked.model_copy(update={"desk": to})

    def climb(self, now: datetime, chain: Chain) -> list[Approval]:
        """Move up, by one level, what has had its time at its own; each to one caller only."""
        if not chain.levels:
            return []
        with self._database.read() as connection:
            if not _adoptable(connection, chain) and not _due(connection, now):
                return []
        with self._database.write() as connection:
            _adopt(connection, now, chain)
            told: list[Event] = []
            climbed: list[Approval] = []
            for asked in _due(connection, now, lock=True):
                to = chain.above(asked.desk.level, now) or asked.desk.model_copy(
                    update={"due_at": None}
                )
                if desks.move(connection, asked, to, due_by=now) and to.level > asked.desk.level:
                    climbed.append(asked.model_copy(update={"desk": to}))
                    told.append(_escalated(asked, to, Hand(actor=ESCALATED_BY), ""))
            for event in told:
                outbox.append(connection, event)
        return climbed


def _again(connection: Connection, asked: Approval) -> Approval:
    desk = desks.of(connection, [asked.id])[asked.tenant, asked.id]
    return asked.model_copy(update={"desk": desk})


def _adopt(connection: Connection, now: datetime, chain: Chain) -> None:
    """Set the time of what waits and has none: parked before there was a chain of this length."""
    for asked in _adoptable(connection, chain):
        level = asked.desk.level
        due = chain.due(level, now if level else asked.created_at)
        if not desks.make(connection, asked.tenant, asked.id, Desk(due_at=due)):
            late = (
                update(table)
                .where(
                    table.c.tenant == asked.tenant,
                    table.c.approval == asked.id,
                    table.c.level == level,
                    table.c.due_at.is_(None),
                )
                .values(due_at=due)
            )
            connection.execute(late)


def _adoptable(connection: Connection, chain: Chain) -> list[Approval]:
    timeless = and_(table.c.due_at.is_(None), table.c.level < len(chain.levels))
    query = (
        select(approvals_table)
        .outerjoin(table, _SAME)
        .where(
            approvals_table.c.state == ApprovalState.WAITING.value,
            or_(table.c.approval.is_(None), timeless),
        )
        .order_by(approvals_table.c.created_at, approvals_table.c.id)
        .limit(AT_ONCE)
    )
    return approvals.whole(connection, connection.execute(query).all())


def _due(connection: Connection, now: datetime, *, lock: bool = False) -> list[Approval]:
    """What waits, is not past its time altogether, and is due by ``now``.

    ``lock`` holds the rows and leaves out those that another transaction holds: it is being
    answered there, or moved.
    """
    query = (
        select(approvals_table)
        .join(table, _SAME)
        .where(
            approvals_table.c.state == ApprovalState.WAITING.value,
            approvals_table.c.expires_at > now,
            table.c.due_at <= now,
        )
        .order_by(table.c.due_at, approvals_table.c.id)
        .limit(AT_ONCE if lock else 1)
    )
    if lock:
        query = query.with_for_update(of=approvals_table, skip_locked=True)
    return approvals.whole(connection, connection.execute(query).all())


_SAME = and_(table.c.tenant == approvals_table.c.tenant, table.c.approval == approvals_table.c.id)


def _escalated(asked: Approval, to: Desk, by: Hand, note: str) -> Event:
    data = by.model_dump() | {
        "level": to.level,
        "name": to.name,
        "was": asked.desk.level,
        "people": list(to.people),
        "due_at": None if to.due_at is None else to.due_at.isoformat(),
        "note": note,
    }
    return _event(asked, APPROVAL_ESCALATED, data)


def _event(asked: Approval, what: str, data: dict[str, object]) -> Event:
    named = {"approval_id": asked.id, "digest": asked.digest}
    return Event(tenant=asked.tenant, type=what, subject=asked.subject, data=named | data)
