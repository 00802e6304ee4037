"""Databases of a test's own on a PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool


def admin(server: str) -> Engine:
    """For what no transaction may hold. Keeps no connection: the server may be restarted."""
    return create_engine(
        server,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args={"connect_timeout": 3},
    )


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of an empty database beside that of ``server``; gone after the block."""
    name = f"signalbox_own_{uuid.uuid4().hex[:12]}"
    with admin(server).connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin(server).connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
