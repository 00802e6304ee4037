"""Engines for SQLite and PostgreSQL from a URL, with the settings durability rests on."""

from __future__ import annotations

import time
from json import JSONEncoder
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, exc, make_url

from signalbox.domain.errors import BadInput
from signalbox.ledger.pooling import apart, pooled

BUSY_TIMEOUT_MS = 5_000
# How long PostgreSQL lets a transaction say nothing, and a statement wait for a lock. The client of
# the first may be gone without a word; it would keep what it has locked until TCP gives up on it.
SILENCE_MS = 5_000
LOCK_MS = 5_000
# When a client gives up on a server that says nothing: it may be gone in the same way.
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# Execution option: how a SQLite transaction begins. Unset means DEFERRED, for reads.
BEGIN = "sqlite_begin"
SYNCHRONOUS = "FULL"
_EXAMPLES = "use sqlite:///./signalbox.db or postgresql+psycopg://user@host/database"
_ENCODER = JSONEncoder(allow_nan=False, separators=(",", ":"), default=to_jsonable_python)


def in_memory(url: URL) -> bool:
    """Whether ``url`` names a SQLite database that lives and dies with its one connection."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def make_engine(given: str) -> Engine:
    """An engine for ``given``; does not connect.

    Raises BadInput on a URL that does not parse, another dialect, a missing driver, or a SQLite
    file that cannot be there.
    """
    rest, arguments = apart(given)
    url = _parsed(rest)
    options: dict[str, Any] = {"json_serializer": _strict_json}
    if url.get_backend_name() == "sqlite":
        if in_memory(url):
            options |= {"poolclass": StaticPool}
        else:
            _check_file(url)
            options |= {"pool_size": 8, "max_overflow": 32, "pool_timeout": 10}
        options["connect_args"] = {"check_same_thread": False}
    else:
        # A server that was restarted must not fail the first request of every pooled connection.
        options |= {"pool_size": 5, "max_overflow": 10, "pool_timeout": 10, "pool_pre_ping": True}
        options["connect_args"] = {"connect_timeout": 5, **_KEEPALIVE, **arguments}
    try:
        engine = create_engine(url, **options)
    except ImportError as missing:
        raise BadInput(
            f"the database driver {missing.name or 'psycopg'!r} is not installed",
            hint="pip install 'signalbox[postgres]'",
        ) from missing
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    elif pooled(arguments):
        event.listen(engine, "begin", _bound_now)
    else:
        event.listen(engine, "connect", _bound)
    return engine


def _strict_json(content: object) -> str:
    # NaN is refused, not stored as null: a trace with null for a number could not be read back.
    try:
        return _ENCODER.encode(content)
    except (TypeError, ValueError) as wrong:
        raise BadInput(
            f"the ledger cannot hold this value: {wrong}",
            hint="give finite numbers, texts, lists and objects only",
        ) from wrong


def _parsed(given: str) -> URL:
    try:
        url = make_url(given)
    except (exc.ArgumentError, ValueError) as wrong:
        # The URL itself is not repeated: what does not parse may still hold a password.
        raise BadInput("the database URL cannot be read", hint=_EXAMPLES) from wrong
    name = url.drivername
    if name in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if name not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise BadInput(f"the database {name!r} is not supported", hint=_EXAMPLES)
    return url


def _check_file(url: URL) -> None:
    if url.query.get("uri"):
        return
    path = Path(url.database or "")
    if path.is_dir():
        raise BadInput(f"the database {path} is a folder", hint="name a file inside it")
    if not path.absolute().parent.is_dir():
        raise BadInput(
            f"the folder {path.absolute().parent} of the database does not exist",
            hint=f"mkdir -p {path.absolute().parent}",
        )


def _prepare(connection: SqliteConnection, record: object) -> None:
    # The driver's own idea of when to begin is switched off: ``_begin`` does it.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _use_wal(connection)
    connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
    connection.execute("PRAGMA foreign_keys=ON")
    # What is erased is overwritten, not merely given free; most builds do so anyway.
    connection.execute("PRAGMA secure_delete=ON")


def _use_wal(connection: SqliteConnection) -> None:
    """WAL mode; SQLite does not wait for its lock here, so two first starts have to."""
    patience = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except SqliteError as busy:
            if "locked" not in str(busy) or time.monotonic() > patience:
                raise
            time.sleep(0.01)


def _bound(connection: Any, record: object) -> None:
    """Set what a session waits for at most. Of the session: a rollback would take it back."""
    connection.autocommit = True
    connection.execute(
        f"SET idle_in_transaction_session_timeout = {SILENCE_MS}; SET lock_timeout = {LOCK_MS}"
    )
    connection.autocommit = False


def _bound_now(connection: Connection) -> None:
    """The same for one transaction: behind a pooler the session is another one every time."""
    connection.exec_driver_sql(
        f"SET LOCAL idle_in_transaction_session_timeout = {SILENCE_MS};"
        f" SET LOCAL lock_timeout = {LOCK_MS}"
    )


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(BEGIN, "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
