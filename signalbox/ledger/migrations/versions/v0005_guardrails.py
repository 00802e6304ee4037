"""The kill switch with the levels operators set, and the limits on automatic decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "autonomy",
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("word", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(256), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("scope", name="pk_autonomy"),
    )
    # There from the start: what commits takes a lock on this row, so that a pause waits for it.
    op.bulk_insert(table, [{"scope": "*", "word": "running", "actor": "", "reason": ""}])
    op.create_table(
        "limits",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("full_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_limits"),
    )


def downgrade() -> None:
    op.drop_table("limits")
    op.drop_table("autonomy")
