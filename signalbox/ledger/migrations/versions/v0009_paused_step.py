"""The step of the graph at which each approval's run is paused: a release must still have it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now there was one step that pauses.
    op.add_column(
        "approvals", sa.Column("step", sa.String(32), nullable=False, server_default="approve")
    )


def downgrade() -> None:
    op.drop_column("approvals", "step")
