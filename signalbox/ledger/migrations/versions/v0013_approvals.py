"""Levels and claims of approvals, and delegations: tables of their own, since the audit chain
covers every column of an approval's row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "approval_desks",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("approval", sa.String(128), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("due_at", moment),
        sa.Column("claimant", sa.String(64)),
        sa.Column("claimed_by", sa.String(256)),
        sa.Column("claimed_until", moment),
        sa.PrimaryKeyConstraint("tenant", "approval", name="pk_approval_desks"),
    )
    op.create_index("ix_approval_desks_due_at", "approval_desks", ["due_at"])
    op.create_table(
        "delegations",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("delegator", sa.String(256), nullable=False),
        sa.Column("delegate", sa.String(256), nullable=False),
        sa.Column("teams", sa.JSON()),
        sa.Column("risk", sa.String(32)),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_delegations"),
    )
    op.create_index("ix_delegations_tenant_until", "delegations", ["tenant", "until"])


def downgrade() -> None:
    op.drop_table("delegations")
    op.drop_table("approval_desks")
