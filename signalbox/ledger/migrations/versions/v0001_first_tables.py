"""Tasks, decisions, approvals, outcomes, outbox and idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("requester", sa.String(256)),
        _moment("received_at"),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_tasks"),
    )
    waiting = sa.text("state = 'received'")
    op.create_index(
        "ix_tasks_undecided",
        "tasks",
        ["received_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "decisions",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("option", sa.String(256)),
        sa.Column("proposed", sa.String(256)),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("trace", sa.JSON(), nullable=False),
        _moment("decided_at"),
        sa.PrimaryKeyConstraint("tenant", "subject", "kind", "epoch", name="pk_decisions"),
        sa.UniqueConstraint("tenant", "id", name="uq_decisions_tenant_id"),
    )
    op.create_index(
        "ix_decisions_tenant_decided_at_id", "decisions", ["tenant", "decided_at", "id"]
    )
    op.create_index(
        "ix_decisions_tenant_status_decided_at_id",
        "decisions",
        ["tenant", "status", "decided_at", "id"],
    )
    op.create_table(
        "approvals",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("decision_id", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("interrupt", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("requester", sa.String(256)),
        sa.Column("reason", sa.Text(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        sa.Column("answer", sa.JSON()),
        _moment("answered_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_approvals"),
        sa.UniqueConstraint("tenant", "decision_id", name="uq_approvals_tenant_decision_id"),
    )
    op.create_index(
        "ix_approvals_tenant_state_created_at", "approvals", ["tenant", "state", "created_at"]
    )
    op.create_index("ix_approvals_state_expires_at", "approvals", ["state", "expires_at"])
    op.create_table(
        "outcomes",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("option", sa.String(256), nullable=False),
        sa.Column("reporter", sa.String(256)),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("tenant", "subject", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_recorded_at", "outcomes", ["recorded_at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.String(128), nullable=False),
        sa.Column("key", sa.String(256), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.Text()),
        _moment("claimed_at"),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_idempotency"),
    )


def downgrade() -> None:
    for table in ("idempotency", "outbox", "outcomes", "approvals", "decisions", "tasks"):
        op.drop_table(table)
