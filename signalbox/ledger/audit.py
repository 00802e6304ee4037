"""The chain over the outbox: sealed behind the commits, walked to be checked.

Sealed behind them, since a chain that every commit extends would have all commits of all processes
wait for each other's disk. What is newer than the last seal, a second or so, is not covered yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, insert, select

from signalbox.domain.audit import GENESIS, AuditReport, SealKey, Tampered, link
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision
from signalbox.domain.outcome import Event
from signalbox.domain.task import Task
from signalbox.ledger import outbox
from signalbox.ledger.audit_check import PAGE, Check
from signalbox.ledger.audit_content import contents, whole
from signalbox.ledger.audit_reading import pairs
from signalbox.ledger.audit_rows import Spoken
from signalbox.ledger.audit_tables import audit, hashed, last, ref_of
from signalbox.ledger.database import Database
from signalbox.ledger.locks import Lock, take


class SqlAudit:
    """``signalbox.domain.audit.Audit`` on the ledger's database."""

    def __init__(self, database: Database, key: SealKey | None = None) -> None:
        self._database, self._key = database, key
        self._known = (0, GENESIS)
        self.problem = ""

    def seal(self, limit: int = PAGE) -> int:
        """Chain the next events, at most ``limit``; how many.

        Raises Tampered where the chain does not hold any more what it did at the last seal of this
        process: whoever has cut or re-made it would have it signed anew.
        """
        # Before the read begins, which would not see what another thread seals meanwhile.
        known = self._known
        with self._database.read() as connection:
            self._check(connection, known)
            seq, head, place = last(connection)
            self._known = max(self._known, (seq, head))
            # In order and without gaps to come; the lock it takes for that is gone with the read.
            found = outbox.after(connection, place, limit)
        if not found:
            return 0
        spoken = [_spoken(event) for event in found]
        with self._database.read() as connection:
            # What an event speaks of is final once the event can be seen.
            now = contents(connection, spoken)
        with self._database.write() as connection:
            alone(connection)
            seq, head, now_at = last(connection)
            if now_at != place:
                return 0  # Somebody else has sealed these meanwhile.
            rows = []
            for event, one, content in zip(found, spoken, now, strict=True):
                seq += 1
                assert content.event is not None and content.said is not None
                row = {
                    "outbox_id": event.id,
                    "tenant": one.tenant,
                    "type": one.type,
                    "ref": one.ref,
                    "event": content.event,
                    "said": content.said,
                    "texts": content.texts,
                    "salt": one.salt,
                    "content": whole(content.event, content.said, content.rows, content.texts),
                    "sealed_at": utc_now(),
                }
                head = link(head, seq, hashed(row), self._key and self._key.secret)
                rows.append(row | {"seq": seq, "hash": head})
            connection.execute(insert(audit), rows)
        self._known = max(self._known, (seq, head))
        return len(found)

    def _check(self, connection: Connection, known: tuple[int, str]) -> None:
        seq, head = known
        query = select(audit.c.hash).where(audit.c.seq == seq)
        if seq and connection.scalar(query) != head:
            self.problem = (
                f"row {seq} of the audit chain is gone or another one than was sealed"
                " (`signalbox audit verify`)"
            )
            raise Tampered(
                self.problem, hint="find out who wrote to the database; then restart this process"
            )

    def head(self) -> tuple[int, str]:
        """Place and hash of the last row."""
        with self._database.read() as connection:
            seq, head, _ = last(connection)
        return seq, head

    def recorded(
        self, since: datetime | None = None, limit: int | None = None
    ) -> Iterator[tuple[Decision, Task | None]]:
        """Decisions of all tenants with their tasks, oldest first; the newest ``limit``."""
        with self._database.snapshot() as connection:
            yield from pairs(connection, since, limit)

    def verify(
        self, *, since: datetime | None = None, expect_head: str | None = None
    ) -> AuditReport:
        """Walk the chain, from ``since`` on, and hold it against the rows it speaks of.

        ``expect_head`` is a hash that was noted elsewhere: it has to be in the chain still.
        """
        with self._database.snapshot() as connection:
            return Check(connection, self._key, since, expect_head).run()


def alone(connection: Connection) -> None:
    """Hold off other sealers until the transaction ends."""
    take(connection, Lock.AUDIT_SEAL)


def _spoken(event: Event) -> Spoken:
    return Spoken(event.tenant, event.type, ref_of(event), secrets.token_hex(16), event)
