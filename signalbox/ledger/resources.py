"""The register of resources on SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, select, update

from signalbox.domain.base import utc_now
from signalbox.domain.enums import DecisionStatus, Kind, TaskState
from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.resource import Resource
from signalbox.ledger import outbox, waiting
from signalbox.ledger.assignment_tables import assignments, resources
from signalbox.ledger.database import Database
from signalbox.ledger.locks import Lock, take
from signalbox.ledger.tables import decisions, tasks

_TICK = timedelta(microseconds=1)
MOST = 20_000
"""Resources of one tenant."""


class SqlResources:
    """``signalbox.domain.resource.Resources`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, resource: Resource) -> bool:
        """Register or replace it, with its event; whether it was new. Conflict over too many."""
        row = resource.model_dump(mode="json", exclude={"updated_at"})
        mine = (resources.c.tenant == resource.tenant, resources.c.id == resource.id)
        with self._database.write() as connection:
            take(connection, Lock.REGISTER)
            # In the order of commits, whatever the clocks say: it tells readers of a change.
            last = connection.scalar(select(func.max(resources.c.updated_at)))
            moment = max(resource.updated_at, last + _TICK) if last else resource.updated_at
            row |= {"skills": sorted(resource.skills), "updated_at": moment}
            was = connection.execute(select(resources).where(*mine).with_for_update()).first()
            first = not waiting.staffed(connection, resource.tenant, resource.team)
            if was is None:
                count = select(func.count()).where(resources.c.tenant == resource.tenant)
                if (connection.scalar(count) or 0) >= MOST:
                    raise Conflict(
                        f"there are {MOST} resources already", hint="remove those that are gone"
                    )
                connection.execute(insert(resources), row)
            else:
                connection.execute(update(resources).where(*mine).values(row))
                if was.team != resource.team:
                    gone = f"works for '{resource.team}' now"
                    waiting.release(connection, resource.tenant, resource.id, gone)
            if first:
                _adopt(connection, resource.tenant, resource.team)
            outbox.append(connection, outbox.resource_changed(resource, new=was is None))
        return was is None

    def find(self, tenant: str, id: str) -> Resource:
        """The resource of that id. NotFound, also where it is another tenant's."""
        with self._database.read() as connection:
            return as_resource(_the(connection, tenant, id))

    def all(self, tenant: str | None, team: str | None = None) -> list[Resource]:
        """By id; every tenant's when ``tenant`` is None."""
        query = select(resources).order_by(resources.c.tenant, resources.c.id)
        if tenant is not None:
            query = query.where(resources.c.tenant == tenant)
        if team is not None:
            query = query.where(resources.c.team == team)
        with self._database.read() as connection:
            return [as_resource(row) for row in connection.execute(query)]

    def stamp(self) -> tuple[int, datetime | None]:
        """How many there are, and when one of them was last put in."""
        query = select(func.count(), func.max(resources.c.updated_at))
        with self._database.read() as connection:
            count, last = connection.execute(query).one()
        return int(count), last

    def remove(self, tenant: str, id: str) -> int:
        """Take it out of the register, with its event; how many tasks wait again. NotFound."""
        with self._database.write() as connection:
            take(connection, Lock.REGISTER)
            found = as_resource(_the(connection, tenant, id, lock=True))
            mine = (resources.c.tenant == tenant, resources.c.id == id)
            connection.execute(delete(resources).where(*mine))
            freed = waiting.release(connection, tenant, id, "left")
            outbox.append(connection, outbox.resource_removed(found, freed))
        return freed


def as_resource(row: Row[tuple[object, ...]]) -> Resource:
    """The resource of a row of the table."""
    return Resource.model_validate(dict(row._mapping))


def _the(
    connection: Connection, tenant: str, id: str, *, lock: bool = False
) -> Row[tuple[object, ...]]:
    query: Select[tuple[object, ...]] = select(resources).where(
        resources.c.tenant == tenant, resources.c.id == id
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"no resource '{id}'", hint="register it with PUT /v1/resources/{id}")
    return row


def _adopt(connection: Connection, tenant: str, team: str) -> None:
    """What was routed to ``team`` while it had nobody begins to wait."""
    newer = decisions.alias()
    outdated = exists().where(
        newer.c.tenant == decisions.c.tenant,
        newer.c.subject == decisions.c.subject,
        newer.c.kind == decisions.c.kind,
        newer.c.epoch > decisions.c.epoch,
    )
    known = exists().where(
        assignments.c.tenant == tasks.c.tenant, assignments.c.task_id == tasks.c.id
    )
    query = (
        select(tasks.c.id)
        .join(
            decisions, (decisions.c.tenant == tasks.c.tenant) & (decisions.c.subject == tasks.c.id)
        )
        .where(
            tasks.c.tenant == tenant,
            tasks.c.state == TaskState.ROUTED.value,
            decisions.c.kind == Kind.ROUTING.value,
            decisions.c.status == DecisionStatus.DECIDED.value,
            decisions.c.option == team,
            ~outdated,
            ~known,
        )
        .order_by(tasks.c.received_at, tasks.c.id)
    )
    now = utc_now()
    for task_id in list(connection.scalars(query)):
        waiting.begin(connection, tenant, task_id, team, now)
