"""What Alembic runs: inside a start-up's own transaction, or from the ``alembic`` command."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

import signalbox.ledger.rule_tables  # noqa: F401 its tables are part of the schema
from signalbox.ledger.database import Database
from signalbox.ledger.engine import make_engine
from signalbox.ledger.tables import metadata


def _run(connection: Connection) -> None:
    # SQLite alters a table by making it anew, which Alembic calls batch mode.
    batch = connection.dialect.name == "sqlite"
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=batch)
    with context.begin_transaction():
        context.run_migrations()


def _from_command_line() -> None:
    default = os.environ.get("SIGNALBOX_DB", "sqlite:///./signalbox.db")
    database = Database(make_engine(context.get_x_argument(as_dictionary=True).get("url", default)))
    if context.is_offline_mode():
        context.configure(
            dialect_name=database.engine.dialect.name, target_metadata=metadata, literal_binds=True
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    with database.write() as connection:
        _run(connection)
    database.close()


_given: Connection | None = context.config.attributes.get("connection")
if _given is None:
    _from_command_line()
else:
    _run(_given)
