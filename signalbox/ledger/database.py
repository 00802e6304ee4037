"""Transactions: how reads and writes begin, wait for each other, and fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine

from signalbox.domain.errors import Unavailable
from signalbox.ledger.engine import BEGIN, in_memory
from signalbox.ledger.failures import translated

# A process that is at work writes every second, so one that can write again is soon known to.
TROUBLED_S = 5.0


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
        self._trouble: tuple[float, Unavailable] | None = None
        self._file: tuple[int, int] | None = None
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
        try:
            with translated(self.where), self._writers, self._writing.begin() as connection:
                yield connection
        except Unavailable as error:
            self._trouble = (time.monotonic(), error)
            raise
        self._trouble = None

    def check(self) -> None:
        """Raise Unavailable where the last write could not be made a moment ago, or the file that
        is open is no longer the one at its place: what is written to it would be gone."""
        trouble = self._trouble
        if trouble is not None and time.monotonic() - trouble[0] < TROUBLED_S:
            raise trouble[1]
        if self.engine.dialect.name != "sqlite" or in_memory(self.engine.url):
            return
        try:
            found = Path(self.engine.url.database or "").stat()
        except OSError as error:
            raise Unavailable(
                f"the database {self.where} is gone: {error.strerror}",
                hint="stop the process, put the file back from a backup, start again",
            ) from None
        if self._file is None:
            self._file = (found.st_dev, found.st_ino)
        elif self._file != (found.st_dev, found.st_ino):
            raise Unavailable(
                f"another file lies where the database {self.where} was opened",
                hint="restart the process, which goes on with the file that is there now",
            )

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
