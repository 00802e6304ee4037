"""Resources, and the assignments of tasks to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "resources",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("team", sa.String(256), nullable=False),
        sa.Column("title", sa.String(256)),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Float()),
        sa.Column("calendar", sa.JSON()),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_resources"),
    )
    op.create_index("ix_resources_tenant_team", "resources", ["tenant", "team"])
    op.create_table(
        "assignments",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("task_id", sa.String(128), nullable=False),
        sa.Column("team", sa.String(256), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("resource", sa.String(128)),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.String(128)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suggested", sa.String(128)),
        sa.Column("returned_by", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "task_id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_changed_at", "assignments", ["changed_at"])
    op.create_index("ix_assignments_ended_at", "assignments", ["ended_at"])
    assigned, unfinished = sa.text("state = 'assigned'"), sa.text("state <> 'done'")
    op.create_index(
        "ix_assignments_held",
        "assignments",
        ["tenant", "resource"],
        sqlite_where=assigned,
        postgresql_where=assigned,
    )
    op.create_index(
        "ix_assignments_open",
        "assignments",
        ["since"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


def downgrade() -> None:
    op.drop_table("assignments")
    op.drop_table("resources")
