"""Decision rows: written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, tuple_

from signalbox.domain.decision import Decision
from signalbox.domain.enums import Kind
from signalbox.domain.errors import Conflict, NotFound
from signalbox.ledger.tables import decisions
from signalbox.ledger.upsert import insert_once

_OF_TENANT = decisions.c.tenant == bindparam("tenant")
_OF_SUBJECT = decisions.c.subject == bindparam("subject")
_BY_ID = select(decisions).where(_OF_TENANT, decisions.c.id == bindparam("decision_id"))
_BY_EPOCH = select(decisions).where(
    _OF_TENANT,
    _OF_SUBJECT,
    decisions.c.kind == bindparam("kind"),
    decisions.c.epoch == bindparam("epoch"),
)
# Who of a team does the work is decided apart: it is not what was decided about the task.
OWN = decisions.c.kind != Kind.ASSIGNMENT.value
_LATEST = (
    select(decisions)
    .where(_OF_TENANT, _OF_SUBJECT, OWN)
    .order_by(decisions.c.epoch.desc(), decisions.c.decided_at.desc())
    .limit(1)
)
_LAST_EPOCH = select(func.coalesce(func.max(decisions.c.epoch), 0)).where(
    _OF_TENANT, _OF_SUBJECT, OWN
)


def store(connection: Connection, decision: Decision) -> tuple[Decision, bool]:
    """Insert ``decision`` unless its (tenant, kind, subject, epoch) has one; (first, is new).

    Raises Conflict when its id belongs to another decision.
    """
    row = {
        "tenant": decision.tenant,
        "kind": decision.kind.value,
        "subject": decision.subject,
        "epoch": decision.epoch,
        "id": decision.id,
        "status": decision.status.value,
        "option": decision.option,
        "proposed": decision.proposed,
        "source": decision.source.value,
        "confidence": decision.confidence,
        "reason": decision.reason,
        "actor": decision.actor,
        "trace": decision.trace.model_dump(),
        "decided_at": decision.decided_at,
    }
    if insert_once(connection, decisions, row):
        return decision, True
    key = {name: row[name] for name in ("tenant", "kind", "subject", "epoch")}
    first = connection.execute(_BY_EPOCH, key).mappings().first()
    if first is None:
        raise Conflict(
            f"the decision id {decision.id!r} belongs to another subject or epoch",
            hint="derive the id from tenant, kind, subject and epoch",
        )
    return as_decision(first), False


def find(connection: Connection, tenant: str, decision_id: str) -> Decision | None:
    """The committed decision of that id."""
    values = {"tenant": tenant, "decision_id": decision_id}
    row = connection.execute(_BY_ID, values).mappings().first()
    return None if row is None else as_decision(row)


def latest(connection: Connection, tenant: str, subject: str) -> Decision | None:
    """The decision of the highest epoch about ``subject``."""
    row = connection.execute(_LATEST, {"tenant": tenant, "subject": subject}).mappings().first()
    return None if row is None else as_decision(row)


def last_epoch(connection: Connection, tenant: str, subject: str) -> int:
    """The highest committed epoch about ``subject``; 0 before the first."""
    return int(connection.scalar(_LAST_EPOCH, {"tenant": tenant, "subject": subject}) or 0)


def page(
    connection: Connection, tenant: str, limit: int, before: str | None, status: str | None
) -> list[Decision]:
    """Newest first, after the decision ``before``: a place that new rows cannot shift.

    Raises NotFound when ``before`` is no decision of this tenant.
    """
    place = (decisions.c.decided_at, decisions.c.id)
    query = select(decisions).where(decisions.c.tenant == tenant)
    if status is not None:
        query = query.where(decisions.c.status == status)
    if before is not None:
        last = connection.execute(_BY_ID, {"tenant": tenant, "decision_id": before}).first()
        if last is None:
            raise NotFound(
                f"'before' is {before!r}, which is no decision here",
                hint="pass the id of the last decision of the page before",
            )
        query = query.where(tuple_(*place) < (last.decided_at, last.id))
    query = query.order_by(*(column.desc() for column in place)).limit(limit)
    return [as_decision(row) for row in connection.execute(query).mappings()]


def as_decision(row: Mapping[Any, Any]) -> Decision:
    """The decision of a row with the columns of the table, by name."""
    return Decision.model_validate({column.name: row[column.name] for column in decisions.c})
