"""Sessions of a console: opened with a key, and gone with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, String, Table, delete, insert, select

from signalbox.ledger.database import Database
from signalbox.ledger.tables import IDENTIFIER, metadata
from signalbox.ledger.types import UtcDateTime

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("key_id", IDENTIFIER, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)


class SqlSessions:
    """``signalbox.domain.access.Sessions`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: str, key_id: str, expires_at: datetime, now: datetime) -> None:
        """Open a session; those past their time are forgotten."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            row = {"digest": digest, "key_id": key_id, "expires_at": expires_at}
            connection.execute(insert(sessions), row)

    def find(self, digest: str, now: datetime) -> str | None:
        """The id of the key it was opened with; None past its time."""
        query = select(sessions.c.key_id).where(
            sessions.c.digest == digest, sessions.c.expires_at > now
        )
        with self._database.read() as connection:
            found: str | None = connection.scalar(query)
        return found

    def end(self, digest: str) -> None:
        """Close it."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == digest))
