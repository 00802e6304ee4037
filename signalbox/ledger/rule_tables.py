"""The tables of rule versions. They belong to the engine, not to a tenant: one set of rules is in
force for everybody's decisions of a kind."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from signalbox.ledger.tables import IDENTIFIER, NAME, SERIAL, WORD, metadata
from signalbox.ledger.types import UtcDateTime

DIGEST = String(64)

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("kind", WORD, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("name", NAME, nullable=False),
    Column("label", NAME, nullable=False),
    Column("state", WORD, nullable=False),
    Column("file", NAME, nullable=False),
    Column("files", JSON, nullable=False),
    Column("bindings", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_by", NAME, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_by", NAME, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("replaced", DIGEST),
    PrimaryKeyConstraint("kind", "digest"),
)

# The database itself sees to it that two versions are never in force at once.
for _state in ("active", "shadow"):
    Index(
        f"uq_rule_versions_{_state}",
        rule_versions.c.kind,
        unique=True,
        sqlite_where=text(f"state = '{_state}'"),
        postgresql_where=text(f"state = '{_state}'"),
    )

rule_changes = Table(
    "rule_changes",
    metadata,
    Column("id", SERIAL, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("was", WORD),
    Column("state", WORD, nullable=False),
    Column("actor", NAME, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("id"),
    Index(None, "kind", "id"),
    sqlite_autoincrement=True,
)

COUNTED = ("compared", "differing", "failed", "guard", "forced", "allowed", "fallback")

rule_shadows = Table(
    "rule_shadows",
    metadata,
    Column("kind", WORD, nullable=False),
    Column("active", DIGEST, nullable=False),
    Column("shadow", DIGEST, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTED),
    Column("since", UtcDateTime, nullable=False),
    Column("last", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("kind", "active", "shadow"),
)

rule_differences = Table(
    "rule_differences",
    metadata,
    Column("id", SERIAL, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("active", DIGEST, nullable=False),
    Column("shadow", DIGEST, nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("aspects", JSON, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("because", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("id"),
    Index(None, "kind", "id"),
    sqlite_autoincrement=True,
)
