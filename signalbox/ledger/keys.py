"""Idempotency keys: a request sent twice is answered twice, and done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select, update

from signalbox.domain.errors import Conflict
from signalbox.ledger.database import Database
from signalbox.ledger.tables import idempotency
from signalbox.ledger.upsert import insert_once

# A claim still unanswered by then belongs to a process that died.
ABANDONED = timedelta(seconds=60)
REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was answered to a key: the HTTP status and the body as sent."""

    status: int | None
    body: str | None


def claim(
    connection: Connection, tenant: str, key: str, digest: str, now: datetime, again: bool = False
) -> Remembered | None:
    """Claim ``key`` for the request of ``digest`` (None), or return what was answered to it.

    ``again``: whether the first try, as of the same ``now``, got through is not known. Raises
    Conflict when the first request is in progress, or was another one.
    """
    row = {"tenant": tenant, "key": key, "digest": digest, "claimed_at": now}
    if insert_once(connection, idempotency, row):
        return None
    mine = and_(idempotency.c.tenant == tenant, idempotency.c.key == key)
    abandoned = and_(
        idempotency.c.status.is_(None),
        idempotency.c.digest == digest,
        # Claimed in the future: the clock was set back, and how old it is cannot be told.
        or_(
            idempotency.c.claimed_at <= now - ABANDONED,
            idempotency.c.claimed_at > now + ABANDONED,
        ),
    )
    retaken = (
        update(idempotency)
        .where(mine, or_(abandoned, idempotency.c.claimed_at <= now - REMEMBERED))
        .values(digest=digest, status=None, body=None, claimed_at=now)
        .returning(idempotency.c.tenant)
    )
    if connection.execute(retaken).first() is not None:
        return None
    found = connection.execute(select(idempotency).where(mine)).first()
    tried = (digest, None, now)
    if again and found is not None and (found.digest, found.status, found.claimed_at) == tried:
        return None
    if found is not None and found.digest != digest:
        raise Conflict(
            "this Idempotency-Key was used for another request",
            hint="use a new key for every new request",
        )
    # Gone since the insert means that its holder gave it up this instant.
    if found is None or found.status is None:
        raise Conflict(
            "the request of this Idempotency-Key is still in progress",
            hint="send it again in a moment",
        )
    return Remembered(status=found.status, body=found.body)


def settle(connection: Connection, tenant: str, key: str, status: int, body: str) -> None:
    """Remember the answer to a claimed key; the first answer stays."""
    connection.execute(
        update(idempotency)
        .where(
            idempotency.c.tenant == tenant,
            idempotency.c.key == key,
            idempotency.c.status.is_(None),
        )
        .values(status=status, body=body)
    )


def release(connection: Connection, tenant: str, key: str) -> None:
    """Forget a claim that was not answered."""
    connection.execute(
        delete(idempotency).where(
            idempotency.c.tenant == tenant,
            idempotency.c.key == key,
            idempotency.c.status.is_(None),
        )
    )


def forget_old(connection: Connection, now: datetime) -> int:
    """Delete what need not be remembered any longer; how many there were."""
    old = delete(idempotency).where(idempotency.c.claimed_at <= now - REMEMBERED)
    return connection.execute(old).rowcount


class SqlKeys:
    """Idempotency keys on the ledger's database."""

    _database: Database

    def claim_key(
        self, tenant: str, key: str, digest: str, now: datetime, again: bool = False
    ) -> Remembered | None:
        """None when the key is now ours, else what it was answered. Conflict as ``claim``."""
        with self._database.write() as connection:
            return claim(connection, tenant, key, digest, now, again)

    def settle_key(self, tenant: str, key: str, status: int, body: str) -> None:
        """Remember the answer to a claimed key."""
        with self._database.write() as connection:
            settle(connection, tenant, key, status, body)

    def release_key(self, tenant: str, key: str) -> None:
        """Forget an unanswered claim, so that the same request can be sent again."""
        with self._database.write() as connection:
            release(connection, tenant, key)
