"""Who is at work: one row a process, whose count goes up while it lives.

A count and no time: whoever watches tells by a clock of its own whether it still goes up, so that
neither a clock that jumps nor two clocks that differ can declare a living process dead.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, insert, select, update

from signalbox.ledger.database import Database
from signalbox.ledger.tables import IDENTIFIER, NAME, WORD, metadata
from signalbox.ledger.types import UtcDateTime

executors = Table(
    "executors",
    metadata,
    Column("id", IDENTIFIER, primary_key=True),
    Column("role", WORD, nullable=False),
    Column("version", String(64), nullable=False),
    Column("place", NAME, nullable=False),
    Column("beats", BigInteger, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)


class SqlExecutors:
    """``signalbox.runtime.watch.Executors`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, id: str, role: str, version: str, place: str, now: datetime) -> None:
        """Enter a process that starts; ``place`` tells an operator where it runs."""
        with self._database.write() as connection:
            _enter(connection, id, role, version, place, now)

    def beat(self, id: str, role: str, version: str, place: str, now: datetime) -> None:
        """Still alive. A process that was declared dead, such as after a long stop, enters anew."""
        with self._database.write() as connection:
            beat = update(executors).where(executors.c.id == id).values(beats=executors.c.beats + 1)
            if connection.execute(beat.returning(executors.c.id)).first() is None:
                _enter(connection, id, role, version, place, now)

    def counts(self) -> dict[str, int]:
        """The count of every process that has not ended in order."""
        with self._database.read() as connection:
            rows = connection.execute(select(executors.c.id, executors.c.beats))
            return {row.id: int(row.beats) for row in rows}

    def bury(self, id: str, beats: int) -> bool:
        """Take a process off the list, if its count is still ``beats``; whether it was.

        Of several that watch, one is told so: the one that is to take over its work.
        """
        with self._database.write() as connection:
            dead = delete(executors).where(executors.c.id == id, executors.c.beats == beats)
            return connection.execute(dead.returning(executors.c.id)).first() is not None

    def end(self, id: str) -> None:
        """Take a process off the list that has nothing under way any more."""
        with self._database.write() as connection:
            connection.execute(delete(executors).where(executors.c.id == id))


def _enter(
    connection: Connection, id: str, role: str, version: str, place: str, now: datetime
) -> None:
    row = {"id": id, "role": role, "version": version, "place": place, "beats": 0}
    connection.execute(insert(executors), row | {"started_at": now})
