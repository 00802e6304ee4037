"""Transactions: how reads and writes begin, wait for each other, and fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Connection, Engine

from signalbox.domain.errors import Unavailable
from signalbox.domain.trouble import Trouble
from signalbox.ledger.engine import BEGIN, in_memory
from signalbox.ledger.failures import Unwritable, translated
from signalbox.ledger.place import Place


class Database:
    """One engine and the manner of its transactions; safe to share between threads.

    On SQLite a write begins IMMEDIATE: a transaction that reads first and writes later could
    otherwise find that another has written in between, and fail without being allowed to wait.
    Writers of this process also queue on a lock, since SQLite's own waiting is sleep and retry.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.where = engine.url.render_as_string(hide_password=True)
        self._place = Place(engine)
        self._writing = engine.execution_options(**{BEGIN: "IMMEDIATE"})
        lock: AbstractContextManager[object] = threading.RLock()
        self._writers = lock if engine.dialect.name == "sqlite" else nullcontext()
        # In memory there is one connection, and it holds one transaction at a time.
        self._readers = lock if in_memory(engine.url) else nullcontext()
        self._trouble = Trouble()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading, always rolled back. Raises Unavailable, BadInput."""
        with self._translated(), self._readers, self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As ``read``, and every statement sees the same moment (on SQLite they do anyway)."""
        options = {}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ"}
        with (
            self._translated(),
            self._readers,
            self.engine.connect().execution_options(**options) as connection,
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing. Raises as ``read``."""
        try:
            self._place.check()
            with self._translated(), self._writers, self._writing.begin() as connection:
                yield connection
        except Unavailable as error:
            self._trouble.note(error, lasting=isinstance(error, Unwritable))
            if isinstance(error, Unwritable) and not in_memory(self.engine.url):
                # A connection that found its file read-only when it was opened remains so.
                self.engine.dispose()
            raise
        self._trouble.succeeded()

    def check(self) -> None:
        """Raise Unavailable where the last write could not be made a moment ago, or the file that
        is open is no longer the one at its place: what is written to it would be gone."""
        self._place.check()
        self._trouble.check()

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.where, self._place.opened)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._place.forget()
