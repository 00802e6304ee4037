"""Bringing a database to the present schema at start-up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from signalbox.domain.errors import BadInput
from signalbox.ledger.database import Database
from signalbox.ledger.locks import Lock, take

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0015"
MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(database: Database) -> None:
    """Migrate ``database`` to HEAD; safe when several processes start at once.

    Alembic is imported only when there is something to do. Raises BadInput when the schema is one
    this version does not know, Unavailable when the database does not answer.
    """
    with database.read() as connection:
        if version(connection) == HEAD:
            return
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            # Whoever migrates takes as long as it takes; the others wait for it.
            connection.execute(text("SET LOCAL lock_timeout = 0"))
        take(connection, Lock.MIGRATION)
        found = version(connection)
        if found != HEAD:
            _migrate(connection, found, database.where)


def expect(database: Database) -> None:
    """BadInput where ``database`` is not at HEAD; changes nothing."""
    with database.read() as connection:
        found = version(connection)
    if found is None:
        raise BadInput(
            f"{database.where} holds no ledger of Signalbox, and nothing was done",
            hint="name the server's database with --db or SIGNALBOX_DB",
        )
    if found != HEAD:
        raise BadInput(
            f"the schema of {database.where} is revision {found!r}, and this version's is {HEAD!r}",
            hint="use the version that its servers have; `signalbox serve` of a newer one migrates",
        )


def version(connection: Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def alembic_config() -> Config:
    """The packaged Alembic configuration, as ``alembic -c`` reads it."""
    from alembic.config import Config

    return Config(str(MIGRATIONS / "alembic.ini"))


def _migrate(connection: Connection, found: str | None, where: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise BadInput(
            f"the schema of {where} is revision {found!r}, which this version does not know",
            hint="upgrade Signalbox, or set SIGNALBOX_DB to another database",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
