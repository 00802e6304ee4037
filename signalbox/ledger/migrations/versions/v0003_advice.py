"""Advice beside an approval, and approvals found by what they are about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BY_SUBJECT = "ix_approvals_tenant_subject_epoch"


def upgrade() -> None:
    op.add_column("approvals", sa.Column("advice", sa.JSON(none_as_null=True)))
    op.create_index(_BY_SUBJECT, "approvals", ["tenant", "subject", "epoch"])


def downgrade() -> None:
    op.drop_index(_BY_SUBJECT, "approvals")
    op.drop_column("approvals", "advice")
