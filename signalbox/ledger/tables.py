"""The tables. Every time a UTC instant; a tenant on every row, but an account on those of budgets:
who pays for a model's host may be one for all tenants."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from signalbox.ledger.types import UtcDateTime

IDENTIFIER = String(128)
NAME = String(256)
WORD = String(32)
# SQLite numbers rows by itself only in a column that is spelled INTEGER.
SERIAL = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

tasks = Table(
    "tasks",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("id", IDENTIFIER, nullable=False),
    Column("state", WORD, nullable=False),
    Column("content_digest", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("requester", NAME),
    Column("received_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),
    PrimaryKeyConstraint("tenant", "id"),
)

# Partial: only what a start-up must still decide, so it costs nothing once a task has moved on.
Index(
    "ix_tasks_undecided",
    tasks.c.received_at,
    sqlite_where=text("state = 'received'"),
    postgresql_where=text("state = 'received'"),
)

# The key runs subject first, so that one index serves both uniqueness and "latest of a subject".
decisions = Table(
    "decisions",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("id", IDENTIFIER, nullable=False),
    Column("status", WORD, nullable=False),
    Column("option", NAME),
    Column("proposed", NAME),
    Column("source", WORD, nullable=False),
    Column("confidence", Float),
    Column("reason", Text, nullable=False),
    Column("actor", Text),
    Column("trace", JSON, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "subject", "kind", "epoch"),
    UniqueConstraint("tenant", "id"),
    Index(None, "tenant", "decided_at", "id"),
    Index(None, "tenant", "status", "decided_at", "id"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("id", IDENTIFIER, nullable=False),
    Column("decision_id", IDENTIFIER, nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("state", WORD, nullable=False),
    Column("draft", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    Column("interrupt", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("requester", NAME),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("answer", JSON(none_as_null=True)),
    Column("answered_at", UtcDateTime),
    Column("advice", JSON(none_as_null=True)),
    Column("needed", Integer, nullable=False, server_default="1"),
    Column("step", WORD, nullable=False, server_default="approve"),
    PrimaryKeyConstraint("tenant", "id"),
    UniqueConstraint("tenant", "decision_id"),
    Index(None, "tenant", "subject", "epoch"),
    Index(None, "tenant", "state", "created_at"),
    Index(None, "state", "expires_at"),
)

# The voter is the digest of the name as it reads: a name itself may be too long for a key.
approval_votes = Table(
    "approval_votes",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("approval", IDENTIFIER, nullable=False),
    Column("voter", String(64), nullable=False),
    Column("option", NAME),
    Column("digest", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("voted_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "approval", "voter"),
)

# Proposals that met a certificate, kept whatever was decided: outcomes are held against them.
advices = Table(
    "advices",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("proposal", JSON, nullable=False),
    PrimaryKeyConstraint("tenant", "subject"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("option", NAME, nullable=False),
    Column("reporter", NAME),
    Column("recorded_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "subject"),
    Index(None, "recorded_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", SERIAL, nullable=False),
    Column("tenant", IDENTIFIER, nullable=False),
    Column("type", String(64), nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("data", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("id"),
    # Without it SQLite may hand out the id of a deleted row again, and readers keep their place.
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("key", NAME, nullable=False),
    Column("digest", Text, nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("claimed_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "key"),
)

# One row a day and account holds the sum that the limit is tested against, settled or not.
budget_days = Table(
    "budget_days",
    metadata,
    Column("account", NAME, nullable=False),
    Column("day", Date, nullable=False),
    Column("used_micros", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "day"),
)

budget_reservations = Table(
    "budget_reservations",
    metadata,
    Column("id", IDENTIFIER, nullable=False),
    Column("account", NAME, nullable=False),
    Column("day", Date, nullable=False),
    Column("reserved_micros", BigInteger, nullable=False),
    Column("settled_micros", BigInteger),
    Column("reserved_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("id"),
)

# ``*`` holds the switch; the name of a kind the level that an operator has set for it.
autonomy = Table(
    "autonomy",
    metadata,
    Column("scope", WORD, nullable=False),
    Column("word", WORD, nullable=False),
    Column("actor", NAME, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", UtcDateTime),
    PrimaryKeyConstraint("scope"),
)

# When a limit is full again, in microseconds since 1970: all there is to know of a token bucket.
limits = Table(
    "limits",
    metadata,
    Column("name", IDENTIFIER, nullable=False),
    Column("full_at_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("name"),
)
