"""Autonomy rows: the switch and the levels operators set, read where a decision is committed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from signalbox.domain.autonomy import EVERY_KIND, AutonomyChange, StoredAutonomy, Switch
from signalbox.domain.base import MAX_NAME
from signalbox.domain.enums import AutonomyLevel, Kind
from signalbox.ledger.tables import autonomy
from signalbox.ledger.upsert import insert_once

SWITCH = "switch"

_ALL = select(autonomy)
# Shared among those who commit, and waited for by who changes it: once a pause is in, nothing
# that had not seen it is still on its way. SQLite has one writer at a time anyway.
_SHARED = _ALL.with_for_update(read=True)


def read(connection: Connection, *, committing: bool = False) -> StoredAutonomy:
    """The switch and the levels in force; ``committing`` keeps them so to the transaction's end."""
    shared = committing and connection.dialect.name == "postgresql"
    rows = {row.scope: row for row in connection.execute(_SHARED if shared else _ALL)}
    every = rows.pop(EVERY_KIND, None)
    known = {kind.value for kind in Kind}
    # What cannot be read was set by a newer version, or by hand: nothing is done on its strength.
    switch = Switch.HALTED if every is None else _switch(every.word)
    return StoredAutonomy(
        switch=switch,
        levels={Kind(one): _level(row.word) for one, row in rows.items() if one in known},
        actor="" if every is None else every.actor,
        reason="" if every is None else every.reason,
        changed_at=None if every is None else every.changed_at,
    )


def change(connection: Connection, order: AutonomyChange, now: datetime) -> StoredAutonomy:
    """Set the switch, or the level of a kind; what is then in force."""
    values = {"actor": order.actor, "reason": order.reason, "changed_at": now}
    if order.switch is not None:
        _set(connection, EVERY_KIND, values | {"word": order.switch.value})
    if order.kind is not None and order.level is not None:
        _set(connection, order.kind.value, values | {"word": order.level.value})
    return read(connection)


def _set(connection: Connection, scope: str, values: dict[str, object]) -> None:
    assert len(scope) <= MAX_NAME
    if not insert_once(connection, autonomy, {"scope": scope, **values}):
        connection.execute(update(autonomy).where(autonomy.c.scope == scope).values(**values))


def _switch(word: str) -> Switch:
    return Switch(word) if word in set(Switch) else Switch.HALTED


def _level(word: str) -> AutonomyLevel:
    return AutonomyLevel(word) if word in set(AutonomyLevel) else AutonomyLevel.OFF
