"""The advisory locks of PostgreSQL that Signalbox takes, each with a number of its own.

They are one space for the whole database: two uses of one number wait for each other, and where one
of them holds its session while it waits, PostgreSQL sees no deadlock to end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from sqlalchemy import Connection, text

from signalbox.ledger.pooling import apart

_ALONE = text("SELECT pg_advisory_xact_lock(:lock)")
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:lock)")
_TRY = "SELECT pg_try_advisory_xact_lock(%s)"
_PATIENT = "SET LOCAL idle_in_transaction_session_timeout = 0"
_LOOK_S = 0.05


@unique
class Lock(IntEnum):
    """What is done by one process at a time, or in turn."""

    MIGRATION = 5_106_814_001
    # PostgreSQL hands out ids before commit, so a reader that keeps its place by id could step over
    # a row still on its way. Writers share this until they commit; a reader takes it alone.
    EVENT_ORDER = 5_106_814_002
    # LangGraph and DBOS build indexes concurrently, and two who do that wait for each other.
    OTHER_TABLES = 5_106_814_003
    AUDIT_SEAL = 5_106_814_004
    RULE_VERSIONS = 5_106_814_005
    # Whoever routes a task shares this; who changes the register takes it alone. Else neither would
    # see the other's row, and a task would wait for nobody.
    REGISTER = 5_106_814_006


def take(connection: Connection, lock: Lock, *, shared: bool = False) -> None:
    """Wait for ``lock`` and keep it until the transaction ends; on SQLite there is one writer
    anyway, and nothing is done."""
    if connection.dialect.name == "postgresql":
        connection.execute(_SHARED if shared else _ALONE, {"lock": lock.value})


@contextmanager
def alone(url: str, lock: Lock) -> Iterator[None]:
    """Keep ``lock`` for a block of several transactions; on SQLite nothing is done. Blocks.

    Asked for again and again: a statement that waits has a snapshot, and an index that is built
    concurrently waits for that to go; a transaction that only holds a lock has none. Raises
    ``psycopg.Error`` where the database does not answer.
    """
    if not url.startswith("postgresql"):
        yield
        return
    import psycopg

    rest, arguments = apart(url)
    key = (lock.value,)
    with psycopg.connect(plain(rest), autocommit=True, **arguments) as connection:
        while True:
            # Of a transaction, not of the session: behind a pooler the next statement may be in
            # another session, and what the first one holds is then nobody's to give back.
            with connection.transaction():
                if connection.execute(_TRY, key).fetchone() == (True,):
                    # The block runs elsewhere, for as long as it takes. And the statement before
                    # keeps its snapshot until there is another one, or the transaction ends.
                    connection.execute(_PATIENT)
                    yield
                    return
            time.sleep(_LOOK_S)


def plain(url: str) -> str:
    """A URL of SQLAlchemy as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
