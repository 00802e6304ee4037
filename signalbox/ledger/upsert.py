"""Insert a row unless it is there: the one statement the two databases spell differently."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table


def insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert ``row`` and say True, or say False when any unique key of ``table`` is taken.

    Waits for an unfinished transaction that holds the same key, so False means committed.
    """
    statement = _statement(connection.dialect.name, table, frozenset(row))
    # RETURNING, since the row count of this statement is not reported by every driver.
    return connection.execute(statement, row).first() is not None


@cache
def _statement(dialect: str, table: Table, columns: frozenset[str]) -> Executable:
    key = next(iter(table.primary_key))
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        postgresql = insert_postgresql(table).on_conflict_do_nothing()
        return postgresql.returning(key)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table).on_conflict_do_nothing().returning(key)
