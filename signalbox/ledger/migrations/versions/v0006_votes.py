"""Votes, and how many of them an approval needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "approvals", sa.Column("needed", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_table(
        "approval_votes",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("approval", sa.String(128), nullable=False),
        sa.Column("voter", sa.String(64), nullable=False),
        sa.Column("option", sa.String(256)),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "approval", "voter", name="pk_approval_votes"),
    )


def downgrade() -> None:
    op.drop_table("approval_votes")
    op.drop_column("approvals", "needed")
