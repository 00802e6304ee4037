"""Rows that no sealed event speaks of: put in by hand."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, select

from signalbox.domain.audit import ERASED
from signalbox.domain.enums import ApprovalState
from signalbox.ledger import outbox
from signalbox.ledger.audit_tables import audit
from signalbox.ledger.tables import approvals, decisions, outcomes, tasks

# For each kind of row which of them are final, what they are called, and the events they go with.
_KINDS: tuple[tuple[str, ColumnElement[str], ColumnElement[bool] | None, tuple[str, ...]], ...] = (
    ("decision", decisions.c.id, None, (outbox.DECISION_COMMITTED,)),
    ("outcome of", outcomes.c.subject, None, (outbox.OUTCOME_RECORDED,)),
    (
        "settled approval of",
        approvals.c.decision_id,
        approvals.c.state == ApprovalState.SETTLED.value,
        (outbox.DECISION_COMMITTED,),
    ),
    (
        "superseded approval about",
        approvals.c.subject,
        approvals.c.state == ApprovalState.SUPERSEDED.value,
        (outbox.OUTCOME_RECORDED, outbox.DECISION_SUPERSEDED),
    ),
    ("erasure of", tasks.c.id, tasks.c.erased_at.is_not(None), (ERASED,)),
)


def orphans(connection: Connection, fresh: set[str], most: int) -> Iterator[str]:
    """What is there without an event, in words; ``fresh`` names what unsealed events speak of."""
    for what, column, final, kinds in _KINDS:
        table = column.table
        spoken = (
            (audit.c.ref == column) & audit.c.type.in_(kinds) & (audit.c.tenant == table.c.tenant)
        )
        query = (
            select(column)
            .select_from(table.outerjoin(audit, spoken))
            .where(audit.c.seq.is_(None))
            .limit(most + len(fresh))
        )
        if final is not None:
            query = query.where(final)
        for row in connection.execute(query):
            if row[0] not in fresh:
                yield f"{what} {row[0]}: no event speaks of it"
