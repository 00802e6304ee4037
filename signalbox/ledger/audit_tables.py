"""The table of the chain, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, select

from signalbox.domain.audit import GENESIS
from signalbox.ledger import outbox
from signalbox.ledger.tables import IDENTIFIER, metadata
from signalbox.ledger.types import UtcDateTime

DIGEST = String(64)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("outbox_id", BigInteger, nullable=False, unique=True),
    Column("tenant", IDENTIFIER, nullable=False),
    Column("type", String(64), nullable=False),
    # The decision, or whoever an outcome is about: what finds a row that no event speaks of.
    Column("ref", IDENTIFIER, nullable=False),
    # Of the event without its texts, and of all it said: what is left when the event is pruned.
    Column("event", DIGEST, nullable=False),
    Column("said", DIGEST, nullable=False),
    # Of the rows with their texts; goes with a salt that an erasure takes away.
    Column("texts", DIGEST, nullable=False),
    Column("salt", String(32)),
    Column("content", DIGEST, nullable=False),
    Column("hash", String(96), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Index("ix_audit_ref", "ref", "type"),
)


def last(connection: Connection) -> tuple[int, str, int]:
    """(place, hash, event) of the last row; (0, GENESIS, 0) before the first."""
    query = select(audit.c.seq, audit.c.hash, audit.c.outbox_id).order_by(audit.c.seq.desc())
    row = connection.execute(query.limit(1)).first()
    return (0, GENESIS, 0) if row is None else (row.seq, row.hash, row.outbox_id)


def hashed(row: dict[str, Any]) -> list[object]:
    """What the hash of a row is over, besides its place and the hash before it."""
    sealed_at = row["sealed_at"]
    assert isinstance(sealed_at, datetime)
    names = ("outbox_id", "tenant", "type", "ref", "content")
    return [*(row[name] for name in names), sealed_at.isoformat()]


def ref_of(event: object) -> str:
    """The row that an event speaks of, in one word."""
    kind, data = getattr(event, "type", ""), getattr(event, "data", {})
    if kind == outbox.DECISION_COMMITTED:
        return str(data.get("id"))[:128]
    return str(getattr(event, "subject", ""))
