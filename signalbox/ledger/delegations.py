"""Delegations: stored once, ended but never deleted, looked up when somebody answers by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from signalbox.domain.delegation import Delegation, Hand, Scope
from signalbox.domain.enums import RiskClass
from signalbox.domain.errors import NotFound
from signalbox.domain.outcome import Event
from signalbox.domain.plain import plain
from signalbox.ledger import outbox
from signalbox.ledger.approval_tables import delegations as table
from signalbox.ledger.database import Database

CREATED, ENDED = "delegation.created", "delegation.ended"


class SqlDelegations:
    """``signalbox.domain.delegation.Delegations`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, delegation: Delegation) -> Delegation:
        """Store it, with its event."""
        row = delegation.model_dump(mode="python", exclude={"scope"}) | {
            "teams": None if delegation.scope.teams is None else list(delegation.scope.teams),
            "risk": None if delegation.scope.risk is None else delegation.scope.risk.value,
        }
        with self._database.write() as connection:
            connection.execute(insert(table), row)
            _tell(connection, CREATED, delegation, delegation.delegator)
        return delegation

    def find(self, tenant: str, id: str) -> Delegation | None:
        """The delegation of that id, valid or not."""
        with self._database.read() as connection:
            row = connection.execute(_by_id(tenant, id)).first()
        return None if row is None else _delegation(row)

    def valid(self, tenant: str, now: datetime, limit: int) -> list[Delegation]:
        """Those that count at ``now``, oldest first."""
        query = _valid(tenant, now).order_by(table.c.created_at, table.c.id).limit(limit)
        with self._database.read() as connection:
            return [_delegation(row) for row in connection.execute(query)]

    def end(self, tenant: str, id: str, by: str, now: datetime) -> Delegation:
        """Let it count no longer, with its event; a repeat changes nothing. NotFound."""
        with self._database.write() as connection:
            row = connection.execute(_by_id(tenant, id).with_for_update()).first()
            if row is None:
                raise NotFound(f"no delegation '{id}'", hint="GET /v1/delegations lists them")
            found = _delegation(row)
            if found.ended_at is not None:
                return found
            of_id = (table.c.tenant == tenant, table.c.id == id)
            connection.execute(update(table).where(*of_id).values(ended_at=now))
            ended = found.model_copy(update={"ended_at": now})
            _tell(connection, ENDED, ended, by)
        return ended


def allowed(
    connection: Connection,
    tenant: str,
    by: Hand,
    options: tuple[str, ...],
    risk: RiskClass,
    now: datetime,
) -> bool:
    """Whether ``by.actor`` may answer about ``options`` in the name of ``by.on_behalf_of``."""
    assert by.on_behalf_of is not None
    # A lookalike of a name is given nothing, so here only its plain spelling counts.
    pair = (plain(by.on_behalf_of), plain(by.actor))
    for row in connection.execute(_valid(tenant, now)):
        found = _delegation(row)
        named = (plain(found.delegator), plain(found.delegate))
        if named == pair and found.scope.covers(options, risk):
            return True
    return False


def _by_id(tenant: str, id: str) -> Any:
    return select(table).where(table.c.tenant == tenant, table.c.id == id)


def _valid(tenant: str, now: datetime) -> Any:
    return select(table).where(
        table.c.tenant == tenant, table.c.until > now, table.c.ended_at.is_(None)
    )


def _tell(connection: Connection, what: str, delegation: Delegation, actor: str) -> None:
    data = delegation.model_dump(mode="json") | {"actor": actor}
    subject = f"delegation:{delegation.id}"
    event = Event(tenant=delegation.tenant, type=what, subject=subject[:128], data=data)
    outbox.append(connection, event)


def _delegation(row: Row[Any]) -> Delegation:
    return Delegation(
        id=row.id,
        tenant=row.tenant,
        delegator=row.delegator,
        delegate=row.delegate,
        scope=Scope(teams=row.teams, risk=row.risk),
        created_at=row.created_at,
        until=row.until,
        ended_at=row.ended_at,
    )
