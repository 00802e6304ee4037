"""The ledger that a command is about, and the options that name it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signalbox.domain.errors import BadInput

if TYPE_CHECKING:
    from signalbox.domain.ports import Ledger
    from signalbox.settings import Settings

Db = Annotated[str | None, typer.Option(help="database URL; default: SIGNALBOX_DB")]


@contextmanager
def open_store(db: str | None) -> Iterator[tuple[Settings, Ledger | None]]:
    """The settings and the ledger they name; None where it would be a new file."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from signalbox.parts import read_ledger
    from signalbox.settings import read_settings

    settings = read_settings(db=db)
    try:
        url = make_url(settings.db)
        # A mistyped name must not make a new database, which would then be asked or told.
        absent = url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()
    except (ArgumentError, ValueError):
        absent = False
    if absent:
        yield settings, None
        return
    ledger = read_ledger(settings, new=False)
    try:
        yield settings, ledger
    finally:
        ledger.close()


@contextmanager
def open_ledger(db: str | None, *, new: bool = False) -> Iterator[tuple[Settings, Ledger]]:
    """As ``open_store``; a ``new`` file is made, else BadInput where there is none."""
    if not new:
        with open_store(db) as (settings, found):
            if found is not None:
                yield settings, found
                return
        file = settings.db.partition(":///")[2]
        raise BadInput(
            f"there is no database {file}, and nothing was done",
            hint="name the server's with --db or SIGNALBOX_DB",
        )
    from signalbox.parts import read_ledger
    from signalbox.settings import read_settings

    settings = read_settings(db=db)
    ledger = read_ledger(settings)
    try:
        yield settings, ledger
    finally:
        ledger.close()
