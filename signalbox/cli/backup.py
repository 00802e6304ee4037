"""``signalbox backup`` and ``signalbox restore``: a SQLite ledger with its pauses in one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.opening import Db
from signalbox.cli.output import AsJson, emit, table

SHOWN = ("file", "bytes", "decisions", "rows", "chain_ok", "head")


def backup(
    file: Annotated[Path, typer.Argument(help="a new file")], db: Db = None, as_json: AsJson = False
) -> None:
    """Copy the ledger and what is paused, as of one moment, while the server goes on working."""
    from signalbox.backup import backup as make
    from signalbox.settings import read_settings

    _end(make(read_settings(db=db), file), as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="what `signalbox backup` wrote")],
    force: Annotated[
        bool, typer.Option("--force", help="in place of what is there; even if it does not verify")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in place, and check its audit chain. Servers on the database are to be stopped.

    Erase again what was erased since: it is in the backup still.
    """
    from signalbox.backup import restore as put
    from signalbox.settings import read_settings

    _end(put(read_settings(db=db), file, force=force), as_json)


def _end(result: Mapping[str, Any], as_json: bool) -> None:
    emit(result, as_json, lambda: table(result, (*SHOWN, "restored")))
    if not result["chain_ok"]:
        raise typer.Exit(1)
