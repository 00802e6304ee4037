"""A ledger on either database, empty for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from signalbox.ledger.store import SqlLedger, open_ledger
from signalbox.ledger.tables import metadata


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "migrated.db"
    open_ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    open_ledger(postgres_url).close()
    return postgres_url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database without rows."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    postgres: str = request.getfixturevalue("migrated_postgres")
    ledger = open_ledger(postgres)
    with ledger._database.write() as connection:
        names = ", ".join(name for name in metadata.tables if name != "autonomy")
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        # The switch has a row from the start: without one nothing may take effect.
        connection.execute(text("DELETE FROM autonomy WHERE scope <> '*'"))
        connection.execute(text("UPDATE autonomy SET word = 'running', actor = '', reason = ''"))
    ledger.close()
    return postgres


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    opened = open_ledger(url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables; on PostgreSQL a schema, which is quicker to make."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    schema: str = request.getfixturevalue("postgres_schema")
    return schema
