"""The tables of what surrounds an approval. Apart from its row, which the audit chain covers."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, PrimaryKeyConstraint, String, Table

from signalbox.ledger.tables import IDENTIFIER, NAME, WORD, metadata
from signalbox.ledger.types import UtcDateTime

# The claimant is the digest of the name as it reads, so that one UPDATE can compare it.
approval_desks = Table(
    "approval_desks",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("approval", IDENTIFIER, nullable=False),
    Column("level", Integer, nullable=False),
    Column("name", NAME, nullable=False),
    Column("people", JSON, nullable=False),
    Column("due_at", UtcDateTime),
    Column("claimant", String(64)),
    Column("claimed_by", NAME),
    Column("claimed_until", UtcDateTime),
    PrimaryKeyConstraint("tenant", "approval"),
    Index(None, "due_at"),
)

delegations = Table(
    "delegations",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("id", IDENTIFIER, nullable=False),
    Column("delegator", NAME, nullable=False),
    Column("delegate", NAME, nullable=False),
    Column("teams", JSON(none_as_null=True)),
    Column("risk", WORD),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    PrimaryKeyConstraint("tenant", "id"),
    Index(None, "tenant", "until"),
)
