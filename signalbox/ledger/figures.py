"""Figures for monitoring, from indices or from what is new since the last time."""

from __future__ import annotations

from sqlalchemy import func, select

from signalbox.domain.enums import ApprovalState
from signalbox.domain.figures import Standing, Tallied
from signalbox.ledger import outbox
from signalbox.ledger.audit_tables import audit
from signalbox.ledger.database import Database
from signalbox.ledger.tables import approvals
from signalbox.ledger.tables import outbox as events

MOST = 50_000
"""Events counted at once: a scrape must not walk the whole history."""


class SqlFigures:
    """``signalbox.domain.figures.LedgerFigures`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> Standing:
        """Where the ledger stands, over all tenants."""
        waits = approvals.c.state == ApprovalState.WAITING.value
        with self._database.read() as connection:
            waiting, oldest = connection.execute(
                select(func.count(), func.min(approvals.c.created_at)).where(waits)
            ).one()
            last = connection.scalar(select(func.max(events.c.id))) or 0
            sealed = connection.scalar(
                select(audit.c.outbox_id).order_by(audit.c.seq.desc()).limit(1)
            )
        return Standing(waiting, oldest, last, max(0, last - (sealed or 0)))

    def tally(self, after: int) -> Tallied:
        """Count decisions whose events come after a place, at most so many events at once."""
        data = events.c.data
        keys = (data["source"].as_string(), data["status"].as_string(), data["automatic"])
        with self._database.read() as connection:
            if (connection.scalar(select(func.max(events.c.id))) or 0) <= after:
                return Tallied(place=after)
            last = min(outbox.head(connection), after + MOST)
            query = (
                select(keys[0], keys[1], keys[2].as_boolean(), func.count())
                .where(
                    events.c.id > after,
                    events.c.id <= last,
                    events.c.type == outbox.DECISION_COMMITTED,
                )
                .group_by(keys[0], keys[1], keys[2].as_boolean())
            )
            rows = connection.execute(query).all()
        return Tallied({(row[0], row[1], bool(row[2])): row[3] for row in rows}, last)
