"""When a task was erased, and a chain that can do without what was erased or pruned.

The chain is made anew from the outbox: its rows hold more than before. No release has made one yet.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.drop_table("audit")
    _make(
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("said", sa.String(64), nullable=False),
        sa.Column("texts", sa.String(64), nullable=False),
        sa.Column("salt", sa.String(32)),
    )


def downgrade() -> None:
    op.drop_table("audit")
    _make()
    op.drop_column("tasks", "erased_at")


def _make(*more: sa.Column[str]) -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("ref", sa.String(128), nullable=False),
        *more,
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(96), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sa.UniqueConstraint("outbox_id", name="uq_audit_outbox_id"),
    )
    op.create_index("ix_audit_ref", "audit", ["ref", "type"])
