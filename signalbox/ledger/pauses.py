"""The pauses of runs, as LangGraph's savers store them: found by age, and forgotten for good.

The engine itself goes through the saver. This is for what has to go without an engine, or that an
engine which died has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, bindparam, inspect, select, text

from signalbox.domain.enums import ApprovalState
from signalbox.ledger.database import Database
from signalbox.ledger.engine import make_engine
from signalbox.ledger.tables import approvals

# In LangGraph's own schemas; which of them there are differs by database and version.
TABLES = ("checkpoint_writes", "checkpoint_blobs", "checkpoints", "writes")
AT_ONCE = 200
_OPEN = (ApprovalState.WAITING.value, ApprovalState.ANSWERED.value, ApprovalState.EXPIRED.value)
# The time in a UUID counts tenths of microseconds from the first day of the Gregorian calendar.
_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)


class SqlPauses:
    """The store of pauses beside a ledger: on PostgreSQL in its database, else in a file."""

    def __init__(self, ledger: Database, url: str) -> None:
        """``url`` is where the pauses are; one of a SQLite file that is not there has none."""
        self._ledger = ledger
        self._database = Database(make_engine(url)) if _there(url) else None

    def forget(self, threads: Iterable[str]) -> int:
        """Delete the pauses of these runs, a few at a time; how many there were."""
        if self._database is None:
            return 0
        wanted, found = list(threads), 0
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            with self._database.write() as connection:
                there = _of(connection, "SELECT DISTINCT thread_id FROM checkpoints", some)
                for table in _tables(connection):
                    _of(connection, f"DELETE FROM {table}", some, rows=False)
                found += len(there)
        return found

    def about(self, tenant: str, subject: str) -> list[str]:
        """The runs about one task that are paused, whether or not an approval names them."""
        if self._database is None:
            return []
        with self._database.read() as connection:
            if "checkpoints" not in _tables(connection):
                return []
            query = text(
                "SELECT DISTINCT thread_id FROM checkpoints"
                " WHERE thread_id >= :first AND thread_id < :last"
            )
            # Ids are made of letters, digits and a few marks; a thread is tenant:subject:number.
            first = f"{tenant}:{subject}:"
            found = connection.scalars(query, {"first": first, "last": first[:-1] + ";"})
            return [one for one in found if one.startswith(first) and one.count(":", len(first)) == 0]

    def settled(self, before: datetime) -> Iterator[list[str]]:
        """Runs paused before ``before`` that nobody's answer is awaited for, page by page."""
        if self._database is None:
            return
        place = ""
        while True:
            with self._database.read() as connection:
                if "checkpoints" not in _tables(connection):
                    return
                page = connection.execute(
                    text(
                        "SELECT thread_id, max(checkpoint_id) AS newest FROM checkpoints"
                        " WHERE thread_id > :place GROUP BY thread_id ORDER BY thread_id LIMIT :most"
                    ),
                    {"place": place, "most": AT_ONCE},
                ).all()
            if not page:
                return
            place = page[-1].thread_id
            old = [row.thread_id for row in page if _made(row.newest) < before]
            if old := self._not_open(old):
                yield old

    def flush(self) -> bool:
        """As that of the ledger's file."""
        if self._database is None:
            return True
        from signalbox.ledger.erasing import flush

        return flush(self._database)

    def close(self) -> None:
        """Close every connection."""
        if self._database is not None:
            self._database.close()

    def _not_open(self, threads: Sequence[str]) -> list[str]:
        if not threads:
            return []
        query = select(approvals.c.thread).where(
            approvals.c.state.in_(_OPEN), approvals.c.thread.in_(threads)
        )
        with self._ledger.read() as connection:
            waiting = set(connection.scalars(query))
        return [one for one in threads if one not in waiting]


def _there(url: str) -> bool:
    scheme, _, file = url.partition(":///")
    return not scheme.startswith("sqlite") or (file != ":memory:" and Path(file).exists())


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
