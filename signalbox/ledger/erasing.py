"""Erasing what was written about one task: every text goes, what was decided stays readable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, select, update

from signalbox.domain.audit import ERASED
from signalbox.domain.enums import ApprovalState, TaskState
from signalbox.domain.erasure import Erasure, ErasureOrder, blanked
from signalbox.domain.errors import Conflict, NotFound, Unavailable
from signalbox.domain.outcome import Event
from signalbox.domain.plain import same_name
from signalbox.ledger import outbox, tasks
from signalbox.ledger.assignment_tables import assignments
from signalbox.ledger.audit import SqlAudit, alone
from signalbox.ledger.audit_content import FOR_GOOD
from signalbox.ledger.audit_tables import audit, last
from signalbox.ledger.database import Database
from signalbox.ledger.engine import in_memory
from signalbox.ledger.rule_tables import rule_differences
from signalbox.ledger.tables import (
    advices,
    approval_votes,
    approvals,
    decisions,
    idempotency,
)
from signalbox.ledger.tables import outbox as events
from signalbox.ledger.tables import tasks as table

TRIES = 20
_SEALED_AT_ONCE = 500
_SETTLED = (TaskState.ROUTED.value, TaskState.CLOSED.value)
_OPEN = (ApprovalState.WAITING.value, ApprovalState.ANSWERED.value, ApprovalState.EXPIRED.value)
_PART_OF_AN_ID = "A-Za-z0-9._:@-"


class SqlErasures:
    """``signalbox.domain.erasure.Erasures`` on the ledger's database."""

    def __init__(self, database: Database, audit: SqlAudit) -> None:
        self._database, self._audit = database, audit

    def erase(self, order: ErasureOrder, now: datetime, *, answers: bool = True) -> Erasure:
        """Erase the texts about one task, with the event of it.

        All that was said about it is sealed first: the digests that are kept are then those of what
        was there. Raises Unavailable where that does not come to an end.
        """
        for _ in range(TRIES):
            while self._audit.seal(_SEALED_AT_ONCE):
                pass
            with self._database.write() as connection:
                alone(connection)
                row = _task(connection, order)
                threads = _threads(connection, order)
                if row.erased_at is not None:
                    return _erasure(order, row.erased_at, new=False, threads=threads)
                _check_settled(connection, order, row.state)
                if _unsealed(connection, order):
                    continue  # Something was written about it since: that is to be sealed first.
                _erase(connection, order, now, answers)
                return _erasure(order, now, new=True, threads=threads)
        raise Unavailable(
            f"what is said about task {order.subject!r} changes all the time",
            hint="erase it in a moment",
        )

    def asked_by(self, tenant: str, requester: str) -> list[str]:
        """Ids of the tasks that somebody whose name reads like ``requester`` asked for."""
        mine = (table.c.tenant == tenant, table.c.erased_at.is_(None))
        with self._database.read() as connection:
            names = connection.scalars(select(table.c.requester).where(*mine).distinct())
            like = [name for name in names if name and same_name(name, requester)]
            if not like:
                return []
            query = select(table.c.id).where(*mine, table.c.requester.in_(like))
            return list(connection.scalars(query.order_by(table.c.received_at, table.c.id)))

    def older(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """(tenant, id) of tasks decided before ``before`` that nothing waits about."""
        query = (
            select(table.c.tenant, table.c.id)
            .where(*_old(before))
            .order_by(table.c.received_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.tenant, row.id) for row in connection.execute(query)]

    def count_older(self, before: datetime) -> int:
        """How many ``older`` would find in all."""
        query = select(func.count()).select_from(table).where(*_old(before))
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def flush(self) -> bool:
        """Bring the log of a SQLite file to its end and cut it; False where others still read it.

        PostgreSQL does the like by itself, with its next vacuum and checkpoints.
        """
        return flush(self._database)


def flush(database: Database) -> bool:
    """As ``SqlErasures.flush``."""
    engine = database.engine
    if engine.dialect.name != "sqlite" or in_memory(engine.url):
        return True
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchall()[0][0]
        cursor.close()
    finally:
        raw.close()
    return not busy


def fit(connection: Connection, event: Event) -> Event:
    """``event``, without its texts where those about its subject are erased."""
    if event.type in FOR_GOOD or not tasks.erased(connection, event.tenant, event.subject):
        return event
    return event.model_copy(update={"data": blanked(event.data)})


def _erase(connection: Connection, order: ErasureOrder, now: datetime, answers: bool) -> None:
    mine = {"tenant": order.tenant, "subject": order.subject}
    decided = _ids(connection, decisions.c.id, mine)
    asked = _ids(connection, approvals.c.id, mine)
    connection.execute(
        update(table)
        .where(table.c.tenant == order.tenant, table.c.id == order.subject)
        .values(erased_at=now)
    )
    _blank(connection, table, {"tenant": order.tenant, "id": order.subject})
    for one in (decisions, approvals, advices):
        _blank(connection, one, mine)
    _blank(connection, assignments, {"tenant": order.tenant, "task_id": order.subject})
    for id in asked:
        _blank(connection, approval_votes, {"tenant": order.tenant, "approval": id})
    # By way of the chain, which finds them by name; what was erased or pruned is told for good.
    about = audit.c.ref.in_([order.subject, *decided]) & (audit.c.tenant == order.tenant)
    told = select(audit.c.outbox_id).where(about, audit.c.type.not_in(FOR_GOOD))
    for id in connection.scalars(told).all():
        _blank(connection, events, {"id": id})
    # They have no tenant: a difference too many is let go rather than one kept.
    connection.execute(delete(rule_differences).where(rule_differences.c.subject == order.subject))
    if answers:
        _forget_answers(connection, order.tenant, [order.subject, *decided, *asked])
    # Without the salt nobody can try whether a guessed text has the digest that is kept.
    connection.execute(update(audit).where(about).values(salt=None))
    outbox.append(
        connection,
        Event(
            tenant=order.tenant,
            type=ERASED,
            subject=order.subject,
            data={"actor": order.actor, "reason": order.reason},
            created_at=now,
        ),
    )


def _blank(connection: Connection, of: Table, mine: dict[str, Any]) -> None:
    where = [of.c[name] == value for name, value in mine.items()]
    keys = list(of.primary_key)
    for row in connection.execute(select(of).where(*where)).mappings().all():
        was = {name: value for name, value in row.items() if isinstance(value, str | dict | list)}
        now = {name: value for name, value in blanked(was).items() if value != was[name]}
        if now:
            this = [key == row[key.name] for key in keys]
            connection.execute(update(of).where(*this).values(**now))


def _forget_answers(connection: Connection, tenant: str, ids: Sequence[str]) -> None:
    """Let go of remembered answers that name one of ``ids``."""
    named = re.compile(
        f"(?<![{_PART_OF_AN_ID}])(?:{'|'.join(map(re.escape, ids))})(?![{_PART_OF_AN_ID}])"
    )
    likely = idempotency.c.body.contains(ids[0], autoescape=True)
    for id in ids[1:]:
        likely |= idempotency.c.body.contains(id, autoescape=True)
    query = select(idempotency.c.key, idempotency.c.body)
    found = connection.execute(query.where(idempotency.c.tenant == tenant, likely)).all()
    keys = [row.key for row in found if named.search(row.body)]
    if keys:
        mine = (idempotency.c.tenant == tenant, idempotency.c.key.in_(keys))
        connection.execute(delete(idempotency).where(*mine))


def _task(connection: Connection, order: ErasureOrder) -> Row[Any, Any]:
    query = select(table.c.state, table.c.erased_at).where(
        table.c.tenant == order.tenant, table.c.id == order.subject
    )
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotFound(
            f"there is no task {order.subject!r} to erase", hint="check the id and the tenant"
        )
    return row


def _check_settled(connection: Connection, order: ErasureOrder, state: str) -> None:
    query = select(approvals.c.id).where(
        approvals.c.tenant == order.tenant,
        approvals.c.subject == order.subject,
        approvals.c.state.in_(_OPEN),
    )
    waits = connection.scalar(query.limit(1))
    if waits is not None:
        raise Conflict(
            f"task {order.subject!r} cannot be erased yet: approval {waits!r} about it waits",
            hint="answer it (reject ends it), then erase",
        )
    if state not in _SETTLED:
        raise Conflict(
            f"task {order.subject!r} cannot be erased yet: nothing is decided about it",
            hint="erase it in a moment, when it is decided",
        )


def _unsealed(connection: Connection, order: ErasureOrder) -> bool:
    _, _, place = last(connection)
    query = select(events.c.id).where(
        events.c.id > place,
        events.c.tenant == order.tenant,
        events.c.subject == order.subject,
    )
    return connection.execute(query.limit(1)).first() is not None


def _threads(connection: Connection, order: ErasureOrder) -> tuple[str, ...]:
    mine = {"tenant": order.tenant, "subject": order.subject}
    return tuple(one for one in _ids(connection, approvals.c.thread, mine) if one)


def _ids(connection: Connection, column: Any, mine: dict[str, str]) -> list[str]:
    where = (column.table.c[name] == value for name, value in mine.items())
    return list(connection.scalars(select(column).where(*where)))


def _old(before: datetime) -> Iterable[ColumnElement[bool]]:
    waits = (
        select(approvals.c.id)
        .where(
            approvals.c.tenant == table.c.tenant,
            approvals.c.subject == table.c.id,
            approvals.c.state.in_(_OPEN),
        )
        .exists()
    )
    decided = (
        select(decisions.c.id)
        .where(
            decisions.c.tenant == table.c.tenant,
            decisions.c.subject == table.c.id,
            decisions.c.decided_at >= before,
        )
        .exists()
    )
    return (
        table.c.erased_at.is_(None),
        table.c.state.in_(_SETTLED),
        table.c.received_at < before,
        ~waits,
        ~decided,
    )


def _erasure(order: ErasureOrder, at: datetime, *, new: bool, threads: tuple[str, ...]) -> Erasure:
    return Erasure(
        tenant=order.tenant, subject=order.subject, erased_at=at, new=new, threads=threads
    )
