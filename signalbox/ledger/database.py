"""Transactions: how reads and writes begin, wait for each other, and fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Connection, Engine

from signalbox.ledger.engine import BEGIN, in_memory
from signalbox.ledger.failures import translated


class Database:
    """One engine and the manner of its transactions; safe to share between threads.

    On SQLite a write begins IMMEDIATE: a transaction that reads first and writes later could
    otherwise find that another has written in between, and fail without being allowed to wait.
    Writers of this process also queue on a lock, since SQLite's own waiting is sleep and retry.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.where = engine.url.render_as_string(hide_password=True)
        self._writing = engine.execution_options(**{BEGIN: "IMMEDIATE"})
        lock: AbstractContextManager[object] = threading.RLock()
        self._writers = lock if engine.dialect.name == "sqlite" else nullcontext()
        # In memory there is one connection, and it holds one transaction at a time.
        self._readers = lock if in_memory(engine.url) else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading, always rolled back. Raises Unavailable, BadInput."""
        with translated(self.where), self._readers, self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As ``read``, and every statement sees the same moment (on SQLite they do anyway)."""
        options = {}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ"}
        with (
            translated(self.where),
            self._readers,
            self.engine.connect().execution_options(**options) as connection,
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing. Raises as ``read``."""
        with translated(self.where), self._writers, self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
