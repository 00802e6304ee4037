"""Assignments on SQL: the ledger arbitrates who gets what, whatever a process believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from signalbox.domain.assignment import Assignment, AssignmentState, Work, unstaffed
from signalbox.domain.autonomy import Held
from signalbox.domain.decision import Decision
from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.limits import UnderRules
from signalbox.ledger import autonomy, decisions, outbox, rule_versions
from signalbox.ledger.assignment_tables import assignments, resources
from signalbox.ledger.database import Database
from signalbox.ledger.resources import as_resource
from signalbox.ledger.tables import tasks

_WAITING = AssignmentState.WAITING.value
_ASSIGNED = AssignmentState.ASSIGNED.value
_DONE = AssignmentState.DONE.value

# Put together once: most of what an assignment takes is otherwise spent on wording it.
_SAME = (tasks.c.tenant == assignments.c.tenant) & (tasks.c.id == assignments.c.task_id)
_ALL = select(assignments, tasks.c.attributes, tasks.c.received_at).join(tasks, _SAME)
_FIND = _ALL.where(
    assignments.c.tenant == bindparam("tenant"), assignments.c.task_id == bindparam("task_id")
)
_LOCK = _FIND.with_for_update(of=assignments)
_HELD = (
    select(func.count())
    .where(
        assignments.c.tenant == resources.c.tenant,
        assignments.c.resource == resources.c.id,
        assignments.c.state == bindparam("assigned", _ASSIGNED, literal_execute=True),
    )
    .correlate(resources)
    .scalar_subquery()
)
_WHO_LOCKED = (
    select(resources)
    .where(resources.c.tenant == bindparam("tenant"), resources.c.id == bindparam("resource"))
    .with_for_update()
)
_HAS = select(_HELD).where(
    resources.c.tenant == bindparam("tenant"), resources.c.id == bindparam("resource")
)
_GIVE = (
    update(assignments)
    .where(
        assignments.c.tenant == bindparam("in_tenant"),
        assignments.c.task_id == bindparam("of_task"),
    )
    .values(
        {
            name: bindparam(f"to_{name}")
            for name in (
                "state",
                "resource",
                "epoch",
                "decision_id",
                "reason",
                "suggested",
                "assigned_at",
                "changed_at",
            )
        }
    )
)


class SqlAssignments:
    """``signalbox.domain.assignment.Assignments`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tenant: str, task_id: str) -> Assignment | None:
        """Where a task stands with the resources of its team; None where it has none."""
        with self._database.read() as connection:
            row = connection.execute(_FIND, {"tenant": tenant, "task_id": task_id}).first()
        return None if row is None else _assignment(row)

    def open(self) -> list[Assignment]:
        """Every tenant's that are not done; oldest first."""
        query = _ALL.order_by(assignments.c.since, assignments.c.task_id)
        query = query.where(assignments.c.state != _DONE)
        with self._database.read() as connection:
            return [_assignment(row) for row in connection.execute(query)]

    def changes(self, since: datetime) -> list[tuple[str, str, datetime]]:
        """(tenant, task, when) of every assignment that changed since, done or not."""
        query = select(assignments.c.tenant, assignments.c.task_id, assignments.c.changed_at)
        with self._database.read() as connection:
            found = connection.execute(query.where(assignments.c.changed_at >= since)).all()
        return [(row.tenant, row.task_id, row.changed_at) for row in found]

    def assign(
        self, decision: Decision, rules: UnderRules | None, *, by_person: bool = False
    ) -> Assignment:
        """Commit the decision and its effect. Conflict where it cannot be so any more; Held."""
        tenant, task_id, name = decision.tenant, decision.subject, decision.option
        with self._database.write() as connection:
            row = _locked(connection, tenant, task_id)
            _check_free(connection, row, str(name), decision.decided_at, by_person)
            stored, is_new = decisions.store(connection, decision)
            if not is_new:
                raise Conflict(f"task '{task_id}' was assigned meanwhile", hint="look it up again")
            held = autonomy.read(connection, committing=True).holds(stored)
            if held:
                raise Held(autonomy.SWITCH, held, hint="`signalbox autonomy resume` lifts it")
            rule_versions.check(connection, rules)
            values: dict[str, Any] = {
                "state": _ASSIGNED,
                "resource": name,
                "epoch": decision.epoch,
                "decision_id": decision.id,
                "reason": decision.reason,
                "suggested": None,
                "assigned_at": decision.decided_at,
                "changed_at": _later(row, decision.decided_at),
            }
            given = {f"to_{column}": value for column, value in values.items()}
            connection.execute(_GIVE, given | {"in_tenant": tenant, "of_task": task_id})
            outbox.append(connection, outbox.decision_committed(stored))
            return _assignment(row).model_copy(update=values | {"state": AssignmentState.ASSIGNED})

    def explain(
        self, waiting: Iterable[Assignment], reasons: Sequence[str], suggested: Sequence[str | None]
    ) -> None:
        """Store why each waits, where it still does, with an event where that is news."""
        told_of = zip(waiting, reasons, suggested, strict=True)
        # In one order for all: two servers that explain the same tasks wait in turn, in no circle.
        ordered = sorted(told_of, key=lambda line: (line[0].tenant, line[0].task_id))
        with self._database.write() as connection:
            for one, reason, who in ordered:
                still = (
                    *_of(one.tenant, one.task_id),
                    assignments.c.state == _WAITING,
                    (assignments.c.reason != reason)
                    | assignments.c.suggested.is_distinct_from(who),
                )
                # The time of change stays: a board that reads on has nothing to learn from it.
                told = update(assignments).where(*still).values(reason=reason, suggested=who)
                if connection.execute(told.returning(assignments.c.task_id)).first() is not None:
                    outbox.append(connection, outbox.assignment_waits(one, reason, who))

    def end(self, tenant: str, task_id: str, *, by: str | None, now: datetime) -> Assignment:
        """The work is done. Conflict where it is with nobody; NotFound."""
        with self._database.write() as connection:
            row = _locked(connection, tenant, task_id)
            _check_assigned(row)
            values = {"state": _DONE, "ended_at": now, "changed_at": _later(row, now)}
            _set(connection, tenant, task_id, values)
            outbox.append(connection, outbox.assignment_ended(_assignment(row), by))
            return _assignment(row).model_copy(update=values | {"state": AssignmentState.DONE})

    def give_back(
        self, tenant: str, task_id: str, *, by: str | None, reason: str, now: datetime
    ) -> Assignment:
        """It waits again, for others than who had it. Conflict, NotFound."""
        with self._database.write() as connection:
            row = _locked(connection, tenant, task_id)
            _check_assigned(row)
            had = str(row.resource)
            values = {
                "state": _WAITING,
                "resource": None,
                "assigned_at": None,
                "returned_by": [*row.returned_by, had],
                "reason": f"{had} gave it back" + (f": {reason}" if reason else ""),
                "changed_at": _later(row, now),
            }
            _set(connection, tenant, task_id, values)
            outbox.append(connection, outbox.assignment_returned(_assignment(row), by, reason))
            again = values | {
                "state": AssignmentState.WAITING,
                "returned_by": (*row.returned_by, had),
            }
            return _assignment(row).model_copy(update=again)

    def done(self, since: datetime, limit: int) -> list[Work]:
        """Work ended since, oldest first among the newest ``limit``."""
        query = (
            _ALL.where(
                assignments.c.state == _DONE,
                assignments.c.ended_at > since,
                assignments.c.resource.is_not(None),
                assignments.c.assigned_at.is_not(None),
            )
            .order_by(assignments.c.ended_at.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        fields = Work.model_fields
        # Of rows that were checked when they were written.
        return [
            Work.model_construct(**{name: getattr(row, name) for name in fields})
            for row in reversed(rows)
        ]


def _locked(connection: Connection, tenant: str, task_id: str) -> Row[Any]:
    row = connection.execute(_LOCK, {"tenant": tenant, "task_id": task_id}).first()
    if row is None:
        raise unstaffed(task_id)
    return row


def _later(row: Row[Any], now: datetime) -> datetime:
    """``now``, and never before the last change: boards go by it, and clocks differ."""
    changed: datetime = row.changed_at
    return max(now, changed)


def _check_free(
    connection: Connection, row: Row[Any], name: str, now: datetime, by_person: bool
) -> None:
    """Conflict where the task waits no more, or ``name`` is gone, elsewhere, off shift or full."""
    if row.state != _WAITING:
        where = f"with '{row.resource}'" if row.state == _ASSIGNED else "done"
        raise Conflict(
            f"task '{row.task_id}' is {where} already",
            hint="have it given back first" if row.state == _ASSIGNED else "nothing is left to do",
        )
    who = {"tenant": row.tenant, "resource": name}
    found = connection.execute(_WHO_LOCKED, who).first()
    if found is None:
        raise NotFound(f"no resource '{name}'", hint="register it with PUT /v1/resources/{id}")
    if found.team != row.team:
        raise Conflict(
            f"'{name}' works for '{found.team}', and task '{row.task_id}' is with '{row.team}'",
            hint="choose somebody of that team",
        )
    # A person may load somebody beyond what the engine may.
    if by_person:
        return
    if not as_resource(found).on_shift(now):
        raise Conflict(f"'{name}' is not on shift", hint="the next round asks somebody else")
    # Counted once the row of the resource is locked: whoever is before us is counted too.
    if (connection.scalar(_HAS, who) or 0) + found.load >= found.capacity:
        raise Conflict(f"'{name}' has no place left", hint="the next round asks somebody else")


def _check_assigned(row: Row[Any]) -> None:
    if row.state != _ASSIGNED:
        word = "waits for somebody" if row.state == _WAITING else "is done"
        raise Conflict(
            f"task '{row.task_id}' {word}: nobody has it", hint="look it up: GET /v1/tasks/{id}"
        )


def _set(connection: Connection, tenant: str, task_id: str, values: dict[str, Any]) -> None:
    connection.execute(update(assignments).where(*_of(tenant, task_id)).values(values))


def _of(tenant: str, task_id: str) -> tuple[Any, Any]:
    return assignments.c.tenant == tenant, assignments.c.task_id == task_id


def _assignment(row: Row[Any]) -> Assignment:
    """Of a row that was checked when it was written: thousands are read at once."""
    given = dict(row._mapping)
    given["state"] = AssignmentState(given["state"])
    given["returned_by"] = tuple(given["returned_by"])
    return Assignment.model_construct(**given)
