"""Rows of assignments as they follow what is decided elsewhere: routed, closed, left alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from signalbox.domain.assignment import AssignmentState
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision
from signalbox.domain.enums import DecisionStatus, Kind
from signalbox.ledger.assignment_tables import assignments, resources
from signalbox.ledger.locks import Lock, take
from signalbox.ledger.upsert import insert_once

_STAFFED = (
    select(resources.c.id)
    .where(resources.c.tenant == bindparam("tenant"), resources.c.team == bindparam("team"))
    .limit(1)
)
_WAITING, _DONE = AssignmentState.WAITING.value, AssignmentState.DONE.value


def staffed(connection: Connection, tenant: str, team: str) -> bool:
    """Whether a resource is registered for ``team``."""
    return connection.execute(_STAFFED, {"tenant": tenant, "team": team}).first() is not None


def follow(connection: Connection, decision: Decision) -> None:
    """A task that was just routed to a team with resources waits for one of them.

    One routed anew leaves whom it was with; one that is closed leaves too.
    """
    if decision.kind is not Kind.ROUTING:
        return
    take(connection, Lock.REGISTER, shared=True)
    routed = decision.status is DecisionStatus.DECIDED and decision.option is not None
    if decision.option and routed and staffed(connection, decision.tenant, decision.option):
        begin(connection, decision.tenant, decision.subject, decision.option, decision.decided_at)
    elif decision.epoch > 1:
        where = _of(decision.tenant, decision.subject)
        connection.execute(delete(assignments).where(*where))


def begin(connection: Connection, tenant: str, task_id: str, team: str, since: datetime) -> None:
    """It waits at ``team``; nothing is changed where it is there already."""
    row = {
        "tenant": tenant,
        "task_id": task_id,
        "team": team,
        "state": _WAITING,
        "epoch": 0,
        "reason": "",
        "returned_by": [],
        "since": since,
        "changed_at": utc_now(),
    }
    if insert_once(connection, assignments, row):
        return
    moved = (*_of(tenant, task_id), assignments.c.team != team)
    kept = {name: row[name] for name in row if name not in ("tenant", "task_id", "epoch")}
    gone = {"resource": None, "suggested": None, "assigned_at": None, "ended_at": None}
    connection.execute(update(assignments).where(*moved).values(kept | gone))


def close(connection: Connection, tenant: str, task_id: str, now: datetime) -> None:
    """The task is closed: whoever has it is free again."""
    closing = (*_of(tenant, task_id), assignments.c.state != _DONE)
    done = {"state": _DONE, "ended_at": now, "changed_at": now, "suggested": None}
    connection.execute(update(assignments).where(*closing).values(done))


def release(connection: Connection, tenant: str, resource: str, why: str) -> int:
    """All that ``resource`` has waits again; how many tasks."""
    held = (
        assignments.c.tenant == tenant,
        assignments.c.resource == resource,
        assignments.c.state == AssignmentState.ASSIGNED.value,
    )
    again = {
        "state": _WAITING,
        "resource": None,
        "assigned_at": None,
        "changed_at": utc_now(),
        "reason": f"{resource}, who had it, {why}",
    }
    freed = update(assignments).where(*held).values(again).returning(assignments.c.task_id)
    return len(connection.execute(freed).all())


def _of(tenant: str, task_id: str) -> tuple[Any, Any]:
    return assignments.c.tenant == tenant, assignments.c.task_id == task_id
