"""API keys: who may ask, kept as digests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Row, String, Table, insert, select, update

from signalbox.domain.access import ApiKey
from signalbox.domain.errors import NotFound
from signalbox.domain.outcome import Event
from signalbox.ledger import outbox
from signalbox.ledger.database import Database
from signalbox.ledger.tables import IDENTIFIER, NAME, WORD, metadata
from signalbox.ledger.types import UtcDateTime

KEY_CREATED, KEY_ENDED = "key.created", "key.ended"

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", IDENTIFIER, primary_key=True),
    Column("tenant", IDENTIFIER, nullable=False),
    Column("name", NAME, nullable=False),
    Column("role", WORD, nullable=False),
    Column("scopes", JSON(none_as_null=True)),
    Column("digest", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)


class SqlApiKeys:
    """``signalbox.domain.access.ApiKeys`` on the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey, digest: str) -> None:
        """Store a key with the digest of its secret, and its event."""
        scopes = None if key.scopes is None else sorted(key.scopes)
        row = key.model_dump() | {"role": key.role.value, "scopes": scopes, "digest": digest}
        with self._database.write() as connection:
            connection.execute(insert(api_keys), row)
            _tell(connection, KEY_CREATED, key)

    def find(self, id: str) -> tuple[ApiKey, str] | None:
        """The key of that id and the digest of its secret, valid or not."""
        with self._database.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == id)).first()
        return None if row is None else (_key(row), row.digest)

    def all(self) -> list[ApiKey]:
        """Oldest first, of every tenant."""
        query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(query)]

    def any(self) -> bool:
        """Whether there is, or ever was, a key."""
        with self._database.read() as connection:
            return connection.execute(select(api_keys.c.id).limit(1)).first() is not None

    def end(self, id: str, at: datetime) -> ApiKey:
        """Let it count no longer than until ``at``; never longer than before. NotFound."""
        with self._database.write() as connection:
            row = connection.execute(
                select(api_keys).where(api_keys.c.id == id).with_for_update()
            ).first()
            if row is None:
                raise NotFound(f"there is no key '{id}'", hint="`signalbox keys list` shows them")
            key = _key(row)
            ended = key.model_copy(update={"expires_at": min(at, key.expires_at)})
            connection.execute(
                update(api_keys).where(api_keys.c.id == id).values(expires_at=ended.expires_at)
            )
            _tell(connection, KEY_ENDED, ended)
        return ended


def _tell(connection: Connection, what: str, key: ApiKey) -> None:
    data: dict[str, Any] = key.model_dump(mode="json")
    outbox.append(
        connection, Event(tenant=key.tenant, type=what, subject=f"key:{key.id}", data=data)
    )


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        role=row.role,
        scopes=None if row.scopes is None else frozenset(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
