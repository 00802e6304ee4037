"""Deleting old events that are sealed and delivered, and answers nobody asks for again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select

from signalbox.domain.audit import PRUNED
from signalbox.domain.outcome import Event
from signalbox.domain.webhook import WebhookState
from signalbox.ledger import keys, outbox
from signalbox.ledger.audit_tables import last
from signalbox.ledger.database import Database
from signalbox.ledger.tables import outbox as events
from signalbox.ledger.webhook_tables import deliveries, pending, webhooks

ACTOR = "system:retention"


class SqlPruning:
    """``signalbox.domain.retention.Pruning`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events_before(self, before: datetime) -> int:
        """How many events ``prune_events`` would delete in all."""
        with self._database.read() as connection:
            through = _through(connection, before)
            query = select(func.count()).select_from(events)
            return connection.scalar(query.where(*_common(through))) or 0

    def prune_events(self, before: datetime, limit: int) -> int:
        """Delete at most ``limit`` sealed events of the common kinds from before ``before``."""
        with self._database.write() as connection:
            through = _through(connection, before)
            some = select(events.c.id).where(*_common(through)).order_by(events.c.id).limit(limit)
            ids = list(connection.scalars(some))
            if not ids:
                return 0
            connection.execute(delete(events).where(events.c.id.in_(ids)))
            if through > _told(connection):
                # With the first of them: the check may then find any of them gone.
                data = {"through": through, "before": before.isoformat(), "actor": ACTOR}
                subject = outbox.RETENTION
                outbox.append(connection, Event(type=PRUNED, subject=subject, data=data))
        return len(ids)

    def forget_keys(self, now: datetime) -> int:
        """Forget the answers that need not be remembered any longer."""
        with self._database.write() as connection:
            return keys.forget_old(connection, now)


def _through(connection: Connection, before: datetime) -> int:
    """The last event from before ``before`` that is sealed, and noted for every webhook, with all
    before it."""
    _, _, sealed = last(connection)
    young = select(events.c.id).where(events.c.created_at >= before).order_by(events.c.id).limit(1)
    first = connection.scalar(young)
    active = webhooks.c.state == WebhookState.ACTIVE.value
    noted = connection.scalar(select(func.min(webhooks.c.place)).where(active))
    ends = [sealed, *(one for one in (first and first - 1, noted) if one is not None)]
    return int(min(ends))


def _common(through: int) -> tuple[ColumnElement[bool], ...]:
    waits = select(deliveries.c.event_id).where(pending(deliveries))
    return (
        events.c.id <= through,
        events.c.type.in_(sorted(outbox.PRUNABLE)),
        events.c.id.not_in(waits),
    )


def _told(connection: Connection) -> int:
    """Up to which event it is told already that events may be gone."""
    query = select(events.c.data).where(events.c.type == PRUNED).order_by(events.c.id.desc())
    data = connection.scalar(query.limit(1))
    return int(data["through"]) if data else 0
