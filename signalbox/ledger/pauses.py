"""The pauses of runs, as LangGraph's savers store them: found by age, and forgotten for good.

The engine itself goes through the saver. This is for what has to go without an engine, or that an
engine which died has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, String, bindparam, column, inspect, select, table, text

from signalbox.domain.enums import ApprovalState
from signalbox.ledger.database import Database
from signalbox.ledger.engine import make_engine
from signalbox.ledger.erasing import flush
from signalbox.ledger.tables import approvals

# In LangGraph's own schemas; which of them there are differs by database and version.
TABLES = ("checkpoint_writes", "checkpoint_blobs", "checkpoints", "writes")
AT_ONCE = 200
_OPEN = (ApprovalState.WAITING.value, ApprovalState.ANSWERED.value, ApprovalState.EXPIRED.value)
_PAGE = """SELECT thread_id, max(checkpoint_id) AS newest FROM checkpoints
WHERE thread_id > :place GROUP BY thread_id ORDER BY thread_id LIMIT :most"""
# The time in a UUID counts tenths of microseconds from the first day of the Gregorian calendar.
_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)


class SqlPauses:
    """``signalbox.domain.erasure.Pauses``: on PostgreSQL in the ledger's database, else a file."""

    def __init__(self, ledger: str, file: str) -> None:
        """``ledger`` is the URL of the ledger, ``file`` where its pauses are beside a SQLite one;
        there are none while that is not there."""
        self._ledger = Database(make_engine(ledger))
        self._file, self._beside = file, ledger.startswith("sqlite")
        self._opened: Database | None = None if self._beside else self._ledger

    @property
    def _database(self) -> Database | None:
        if self._opened is None and Path(self._file).is_file():
            self._opened = Database(make_engine(f"sqlite:///{self._file}"))
        return self._opened

    def forget(self, threads: Iterable[str]) -> int:
        """Delete the pauses of these runs, a few at a time; how many there were."""
        database, wanted, found = self._database, list(threads), 0
        for start in range(0, len(wanted) if database else 0, AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            assert database is not None
            with database.write() as connection:
                there = _of(connection, "SELECT DISTINCT thread_id FROM checkpoints", some)
                for name in _tables(connection):
                    _of(connection, f"DELETE FROM {name}", some, rows=False)
                found += len(there)
        return found

    def about(self, tenant: str, subject: str) -> list[str]:
        """The runs about one task that are paused, whether or not an approval names them."""
        database = self._database
        if database is None:
            return []
        with database.read() as connection:
            if "checkpoints" not in _tables(connection):
                return []
            # A thread is tenant:subject:number, and both may have a colon too: what waits stays.
            first = f"{tenant}:{subject}:"
            name = column("thread_id", String)
            query = select(name).distinct().select_from(table("checkpoints"))
            found = list(connection.scalars(query.where(name.startswith(first, autoescape=True))))
        return self._not_open([one for one in found if ":" not in one.removeprefix(first)])

    def settled(self, before: datetime) -> Iterator[list[str]]:
        """Runs paused before ``before`` that nobody's answer is awaited for, page by page."""
        database = self._database
        if database is None:
            return
        place = ""
        while True:
            with database.read() as connection:
                if "checkpoints" not in _tables(connection):
                    return
                page = connection.execute(text(_PAGE), {"place": place, "most": AT_ONCE}).all()
            if not page:
                return
            place = page[-1].thread_id
            old = [row.thread_id for row in page if _made(row.newest) < before]
            if old := self._not_open(old):
                yield old

    def flush(self) -> bool:
        """As that of the ledger's file."""
        return self._database is None or flush(self._database)

    def close(self) -> None:
        """Close every connection."""
        self._ledger.close()
        if self._opened is not None:
            self._opened.close()

    def _not_open(self, threads: Sequence[str]) -> list[str]:
        if not threads:
            return []
        query = select(approvals.c.thread).where(
            approvals.c.state.in_(_OPEN), approvals.c.thread.in_(threads)
        )
        with self._ledger.read() as connection:
            waiting = set(connection.scalars(query))
        return [one for one in threads if one not in waiting]


def _tables(connection: Connection) -> list[str]:
    there = set(inspect(connection).get_table_names())
    return [name for name in TABLES if name in there]


def _of(
    connection: Connection, statement: str, threads: Sequence[str], *, rows: bool = True
) -> Sequence[object]:
    if "checkpoints" not in _tables(connection):
        return ()
    query = text(f"{statement} WHERE thread_id IN :threads")
    done = connection.execute(
        query.bindparams(bindparam("threads", expanding=True)), {"threads": list(threads)}
    )
    return done.all() if rows else ()


def _made(checkpoint: str) -> datetime:
    """When a checkpoint was made, by its id; one that tells no time is taken to be new."""
    try:
        value = UUID(checkpoint)
    except ValueError:
        return datetime.now(UTC)
    # A version 6 UUID has its time in order: the high 48 bits, the version, the low 12.
    high, low = value.int >> 80, (value.int >> 64) & 0x0FFF
    return _EPOCH + timedelta(microseconds=((high << 12) | low) / 10)
