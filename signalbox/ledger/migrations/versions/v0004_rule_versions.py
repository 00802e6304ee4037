"""Versions of rule sets, their changes, and what a version in shadow would have changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _serial() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _digest(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("kind", sa.String(32), nullable=False),
        _digest("digest"),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("label", sa.String(256), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("file", sa.String(256), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("bindings", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(256), nullable=False),
        _moment("created_at"),
        sa.Column("changed_by", sa.String(256), nullable=False),
        _moment("changed_at"),
        _digest("replaced", nullable=True),
        sa.PrimaryKeyConstraint("kind", "digest", name="pk_rule_versions"),
    )
    for state in ("active", "shadow"):
        only = sa.text(f"state = '{state}'")
        op.create_index(
            f"uq_rule_versions_{state}",
            "rule_versions",
            ["kind"],
            unique=True,
            sqlite_where=only,
            postgresql_where=only,
        )
    op.create_table(
        "rule_changes",
        _serial(),
        sa.Column("kind", sa.String(32), nullable=False),
        _digest("digest"),
        sa.Column("was", sa.String(32)),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(256), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_changes_kind_id", "rule_changes", ["kind", "id"])
    counted = ("compared", "differing", "failed", "guard", "forced", "allowed", "fallback")
    op.create_table(
        "rule_shadows",
        sa.Column("kind", sa.String(32), nullable=False),
        _digest("active"),
        _digest("shadow"),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counted),
        _moment("since"),
        _moment("last"),
        sa.PrimaryKeyConstraint("kind", "active", "shadow", name="pk_rule_shadows"),
    )
    op.create_table(
        "rule_differences",
        _serial(),
        sa.Column("kind", sa.String(32), nullable=False),
        _digest("active"),
        _digest("shadow"),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("aspects", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_differences"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_differences_kind_id", "rule_differences", ["kind", "id"])


def downgrade() -> None:
    for table in ("rule_differences", "rule_shadows", "rule_changes", "rule_versions"):
        op.drop_table(table)
