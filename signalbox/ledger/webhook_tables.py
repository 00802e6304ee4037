"""The tables of webhooks and of what is delivered to them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from signalbox.ledger.tables import IDENTIFIER, WORD, metadata
from signalbox.ledger.types import UtcDateTime

# ``place`` is the last event that was looked at for this webhook: all up to it are noted, or were
# not wanted. ``failures`` and ``open_until`` are its circuit, one for all processes.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", IDENTIFIER, nullable=False),
    Column("tenant", IDENTIFIER, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", JSON, nullable=False),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_until", UtcDateTime),
    Column("state", WORD, nullable=False),
    Column("reason", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("open_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("id"),
    Index(None, "tenant", "created_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("webhook_id", IDENTIFIER, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("tenant", IDENTIFIER, nullable=False),
    Column("type", String(64), nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("state", WORD, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("lease", WORD),
    Column("leased_until", UtcDateTime),
    Column("last_status", Integer),
    Column("last_error", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    PrimaryKeyConstraint("webhook_id", "event_id"),
)

# Partial: what is delivered is most of the rows, and nobody looks for it but to forget it.
_PENDING = text("state = 'pending'")
Index(
    "ix_deliveries_pending",
    deliveries.c.webhook_id,
    deliveries.c.subject,
    deliveries.c.event_id,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)
Index("ix_deliveries_settled", deliveries.c.state, deliveries.c.settled_at)
