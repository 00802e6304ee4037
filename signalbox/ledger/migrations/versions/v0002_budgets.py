"""Budgets of language models: a sum a day, and what was reserved for each call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget_days",
        sa.Column("account", sa.String(256), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "day", name="pk_budget_days"),
    )
    op.create_table(
        "budget_reservations",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("account", sa.String(256), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.Column("settled_micros", sa.BigInteger()),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budget_reservations"),
    )


def downgrade() -> None:
    for table in ("budget_reservations", "budget_days"):
        op.drop_table(table)
