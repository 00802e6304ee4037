"""What a certified language model proposed about each subject, whatever was decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "advices",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("proposal", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "subject", name="pk_advices"),
    )


def downgrade() -> None:
    op.drop_table("advices")
