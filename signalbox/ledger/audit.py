"""The chain over the outbox: sealed behind the commits, walked to be checked.

Sealed behind them, since a chain that every commit extends would have all commits of all processes
wait for each other's disk. What is newer than the last seal, a second or so, is not covered yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    String,
    Table,
    func,
    insert,
    select,
    text,
)

from signalbox.domain.audit import ERASED, GENESIS, KEYED, AuditReport, Flaw, link
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision
from signalbox.domain.outcome import Event
from signalbox.domain.task import Task
from signalbox.ledger import audit_content, outbox
from signalbox.ledger.audit_reading import pairs
from signalbox.ledger.database import Database
from signalbox.ledger.tables import IDENTIFIER, decisions, metadata, outcomes
from signalbox.ledger.tables import outbox as events_table
from signalbox.ledger.types import UtcDateTime

PAGE = 500
MOST_FLAWS = 100
# Any number serves, as long as nothing else in the database takes the same advisory lock.
_SEAL_LOCK = 5_106_814_004

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("outbox_id", BigInteger, nullable=False, unique=True),
    Column("tenant", IDENTIFIER, nullable=False),
    Column("type", String(64), nullable=False),
    # The decision, or whoever an outcome is about: what finds a row that no event speaks of.
    Column("ref", IDENTIFIER, nullable=False),
    Column("content", String(64), nullable=False),
    Column("hash", String(96), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Index("ix_audit_ref", "ref", "type"),
)


class SqlAudit:
    """``signalbox.domain.audit.Audit`` on the ledger's database."""

    def __init__(self, database: Database, key: bytes | None = None) -> None:
        self._database, self._key = database, key

    def seal(self, limit: int = PAGE) -> int:
        """Chain the next events, at most ``limit``; how many."""
        with self._database.read() as connection:
            _, _, place = _last(connection)
            # In order and without gaps to come; the lock it takes for that is gone with the read.
            found = outbox.after(connection, place, limit)
        if not found:
            return 0
        with self._database.read() as connection:
            # What an event speaks of is final once the event can be seen.
            contents = audit_content.digests(connection, found)
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SEAL_LOCK}
                )
            seq, head, now_at = _last(connection)
            if now_at != place:
                return 0  # Somebody else has sealed these meanwhile.
            rows = []
            for event, content in zip(found, contents, strict=True):
                seq += 1
                row = {
                    "outbox_id": event.id,
                    "tenant": event.tenant,
                    "type": event.type,
                    "ref": _ref(event),
                    "content": content,
                    "sealed_at": utc_now(),
                }
                head = link(head, seq, _said(row), self._key)
                rows.append(row | {"seq": seq, "hash": head})
            connection.execute(insert(audit), rows)
        return len(found)

    def head(self) -> tuple[int, str]:
        """Place and hash of the last row."""
        with self._database.read() as connection:
            seq, head, _ = _last(connection)
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
            return _Check(connection, self._key, since, expect_head).run()


class _Check:
    """One walk. Flat in memory: a page at a time, and no more than so many flaws."""

    def __init__(
        self,
        connection: Connection,
        key: bytes | None,
        since: datetime | None,
        expect_head: str | None,
    ) -> None:
        self._connection, self._key = connection, key
        self._since, self._expected = since, expect_head
        self._flaws: list[Flaw] = []
        self._erased = self._erasures()

    def run(self) -> AuditReport:
        seq, head, place = self._start()
        kinds: Counter[str] = Counter()
        seen = self._expected in (None, head)
        for page in self._pages(seq):
            events = self._events([row["outbox_id"] for row in page])
            there = [events[row["outbox_id"]] for row in page if row["outbox_id"] in events]
            now = audit_content.digests(self._connection, there)
            contents = {event.id: content for event, content in zip(there, now, strict=True)}
            for row in page:
                seq += 1
                self._link(row, seq, head, place)
                self._content(row, events, contents)
                seq, head, place = row["seq"], row["hash"], row["outbox_id"]
                kinds[row["type"]] += 1
                seen = seen or head == self._expected
        if not seen:
            self._flaw(None, "the expected head is not in the chain: rows at its end were removed")
        if self._key is not None and head != GENESIS and not head.startswith(KEYED):
            self._flaw(seq, "the end of the chain was not made with the key")
        unsealed = self._unsealed(place)
        return AuditReport(
            rows=sum(kinds.values()),
            decisions=kinds[outbox.DECISION_COMMITTED],
            head=head,
            unsealed=unsealed,
            flaws=tuple(self._flaws),
        )

    def _start(self) -> tuple[int, str, int]:
        """(place, hash, event) before the first row to be looked at."""
        if self._since is None:
            return 0, GENESIS, 0
        query = (
            select(audit)
            .where(audit.c.sealed_at < self._since)
            .order_by(audit.c.seq.desc())
            .limit(1)
        )
        row = self._connection.execute(query).mappings().first()
        return (0, GENESIS, 0) if row is None else (row["seq"], row["hash"], row["outbox_id"])

    def _pages(self, after: int) -> Iterator[list[dict[str, Any]]]:
        while True:
            query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(PAGE)
            page = [dict(row) for row in self._connection.execute(query).mappings()]
            if not page:
                return
            yield page
            after = page[-1]["seq"]

    def _link(self, row: dict[str, Any], seq: int, head: str, place: int) -> None:
        if row["seq"] != seq:
            self._flaw(seq, f"row {seq} is missing; the next one is {row['seq']}")
            return
        made = link(head, seq, _said(row), self._key, like=str(row["hash"]))
        if not made:
            self._flaw(seq, "was made with a key: set SIGNALBOX_AUDIT_KEY to check it")
        elif made != row["hash"]:
            self._flaw(seq, "does not follow from the row before it")
        if row["outbox_id"] <= place:
            self._flaw(seq, "its event comes before that of the row before it")

    def _content(
        self, row: dict[str, Any], events: dict[int, Event], contents: dict[int | None, str]
    ) -> None:
        seq, id = row["seq"], row["outbox_id"]
        event = events.get(id)
        if event is None:
            self._flaw(seq, f"event {id} is gone")
        elif contents[id] != self._erased.get(seq, row["content"]):
            gone = audit_content.missing(self._connection, event)
            about = f"{event.type} about {event.subject}"
            self._flaw(seq, f"{about}: {gone or 'something in it was changed'}")
        elif (row["tenant"], row["type"], row["ref"]) != (event.tenant, event.type, _ref(event)):
            self._flaw(seq, f"is filed under another name than event {id}")

    def _unsealed(self, place: int) -> int:
        """How many events are newer than the chain; and rows that no event speaks of."""
        newer = events_table.c.id > place
        count = self._connection.scalar(select(func.count()).where(newer)) or 0
        query = select(events_table.c.type, events_table.c.data, events_table.c.subject)
        fresh = {_ref(row) for row in self._connection.execute(query.where(newer))}
        for table, column, kind, what in (
            (decisions, decisions.c.id, outbox.DECISION_COMMITTED, "decision"),
            (outcomes, outcomes.c.subject, outbox.OUTCOME_RECORDED, "outcome of"),
        ):
            spoken = (audit.c.ref == column) & (audit.c.tenant == table.c.tenant)
            orphans = (
                select(column)
                .select_from(table.outerjoin(audit, spoken & (audit.c.type == kind)))
                .where(audit.c.seq.is_(None))
            )
            for row in self._connection.execute(orphans.limit(MOST_FLAWS + len(fresh))):
                if row[0] not in fresh:
                    self._flaw(None, f"{what} {row[0]}: no event speaks of it")
        gaps = (
            select(func.count())
            .select_from(events_table.outerjoin(audit, audit.c.outbox_id == events_table.c.id))
            .where(audit.c.seq.is_(None), events_table.c.id <= place)
        )
        if behind := self._connection.scalar(gaps):
            self._flaw(None, f"{behind} events were put in behind the chain")
        return int(count)

    def _erasures(self) -> dict[int, str]:
        """What is to be found, by place, where texts were erased; the erasures are chained too."""
        query = (
            select(events_table.c.data)
            .where(events_table.c.type == ERASED)
            .order_by(events_table.c.id)
        )
        found: dict[int, str] = {}
        for row in self._connection.execute(query):
            digests = row.data.get("digests", {})
            found |= {int(seq): str(content) for seq, content in digests.items()}
        return found

    def _events(self, ids: list[object]) -> dict[int, Event]:
        query = select(events_table).where(events_table.c.id.in_(ids))
        rows = self._connection.execute(query).mappings()
        return {row["id"]: Event.model_validate(dict(row)) for row in rows}

    def _flaw(self, seq: int | None, what: str) -> None:
        if len(self._flaws) < MOST_FLAWS:
            self._flaws.append(Flaw(seq=seq, what=what))


def _last(connection: Connection) -> tuple[int, str, int]:
    query = select(audit.c.seq, audit.c.hash, audit.c.outbox_id).order_by(audit.c.seq.desc())
    row = connection.execute(query.limit(1)).first()
    return (0, GENESIS, 0) if row is None else (row.seq, row.hash, row.outbox_id)


def _said(row: dict[str, Any]) -> list[object]:
    sealed_at = row["sealed_at"]
    assert isinstance(sealed_at, datetime)
    names = ("outbox_id", "tenant", "type", "ref", "content")
    return [*(row[name] for name in names), sealed_at.isoformat()]


def _ref(event: object) -> str:
    """The row that an event speaks of, in one word."""
    kind, data = getattr(event, "type", ""), getattr(event, "data", {})
    if kind == outbox.DECISION_COMMITTED:
        return str(data.get("id"))[:128]
    return str(getattr(event, "subject", ""))
