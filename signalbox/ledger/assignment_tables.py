"""The register of resources, and which task is with whom."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from signalbox.ledger.tables import IDENTIFIER, NAME, WORD, metadata
from signalbox.ledger.types import UtcDateTime

resources = Table(
    "resources",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("id", IDENTIFIER, nullable=False),
    Column("team", NAME, nullable=False),
    Column("title", NAME),
    Column("skills", JSON, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("load", Integer, nullable=False),
    Column("cost", Float),
    Column("calendar", JSON(none_as_null=True)),
    Column("away", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
    Index(None, "tenant", "team"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("tenant", IDENTIFIER, nullable=False),
    Column("task_id", IDENTIFIER, nullable=False),
    Column("team", NAME, nullable=False),
    Column("state", WORD, nullable=False),
    Column("resource", IDENTIFIER),
    Column("epoch", Integer, nullable=False),
    Column("decision_id", IDENTIFIER),
    Column("reason", Text, nullable=False),
    Column("suggested", IDENTIFIER),
    Column("returned_by", JSON, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("assigned_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "task_id"),
    Index(None, "changed_at"),
    Index(None, "ended_at"),
)

# What a resource has now is counted whenever it is given more.
Index(
    "ix_assignments_held",
    assignments.c.tenant,
    assignments.c.resource,
    sqlite_where=text("state = 'assigned'"),
    postgresql_where=text("state = 'assigned'"),
)
# Partial: a board is read from what is open, which stays small while the table grows.
Index(
    "ix_assignments_open",
    assignments.c.since,
    sqlite_where=text("state <> 'done'"),
    postgresql_where=text("state <> 'done'"),
)
