"""Where paused runs of the spine are kept: beside the ledger, in a store of their own."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from graphs.saver import LazySaver
from signalbox.domain.erasure import Pauses
from signalbox.domain.errors import BadInput


def ledger_path(url: str) -> Path | None:
    """The file of a SQLite ledger; None where it is none."""
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    file = parsed.database or ""
    on_disk = parsed.get_backend_name() == "sqlite" and file not in ("", ":memory:")
    return Path(file) if on_disk else None


def checkpoint_path(url: str) -> str:
    """File for paused graphs beside a SQLite ledger: its own, so that the two never block."""
    from sqlalchemy.engine import make_url

    database = make_url(url).database or ""
    if not database or database == ":memory:":
        return ":memory:"
    path = Path(database)
    return str(path.with_name(f"{path.stem}-checkpoints{path.suffix or '.db'}"))


def _set_up(url: str) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import DictRow, dict_row

    from signalbox.ledger.locks import Lock, alone, plain
    from signalbox.ledger.pooling import apart

    # Not ``from_conn_string``: that one prepares every statement, which no pooler bears.
    connect = partial(
        Connection[DictRow].connect, autocommit=True, prepare_threshold=None, row_factory=dict_row
    )
    with alone(url, Lock.OTHER_TABLES), connect(plain(apart(url)[0])) as connection:
        PostgresSaver(connection).setup()


@contextlib.asynccontextmanager
async def _pool(url: str) -> AsyncIterator[Any]:
    """Connections that are looked at before they are used: one that was cut is replaced."""
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    pool: Any = AsyncConnectionPool(
        url,
        min_size=0,
        max_size=4,
        timeout=5.0,
        open=False,
        check=AsyncConnectionPool.check_connection,
        kwargs={"autocommit": True, "prepare_threshold": None, "row_factory": dict_row},
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


@contextlib.asynccontextmanager
async def open_saver(url: str) -> AsyncIterator[LazySaver]:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    # Only plain JSON is ever parked, so no class may come back out of a checkpoint.
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    if url.startswith("postgresql"):
        try:
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        except ImportError as error:
            raise BadInput(
                "PostgreSQL needs the extra 'postgres'", hint="pip install 'signalbox[postgres]'"
            ) from error
        from signalbox.ledger.locks import plain
        from signalbox.ledger.pooling import apart

        async with _pool(plain(apart(url)[0])) as pool:

            def fresh() -> AsyncPostgresSaver:
                return AsyncPostgresSaver(pool, serde=serde)

            await asyncio.to_thread(_set_up, url)
            import psycopg
            from psycopg_pool import PoolTimeout

            # A connection that was cut is replaced; these stay until somebody does something.
            lasting = (psycopg.errors.DiskFull, psycopg.errors.ReadOnlySqlTransaction)
            yield LazySaver(fresh(), (psycopg.Error, PoolTimeout), fresh, lasting)
        return
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    path = checkpoint_path(url)
    async with contextlib.AsyncExitStack() as stack:
        try:
            sqlite = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(path))
            sqlite.serde = serde
            await sqlite.setup()
        except sqlite3.Error as error:
            raise BadInput(
                f"cannot use the file of paused decisions {path}: {error}",
                hint="it lies beside the database: make room for it, or name another SIGNALBOX_DB",
            ) from error
        yield LazySaver(sqlite, (sqlite3.Error,), lasting=(sqlite3.Error,))


def open_pauses(url: str) -> Pauses:
    """The same store for what is done without a graph; ``url`` is the ledger's."""
    from signalbox.ledger.pauses import SqlPauses

    return SqlPauses(url, checkpoint_path(url) if url.startswith("sqlite") else "")
