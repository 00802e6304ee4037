"""``signalbox worker``: a process that does what is owed, and serves nobody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signalbox.domain.errors import BadInput

if TYPE_CHECKING:
    from signalbox.settings import Settings


def worker(
    model: Annotated[Path | None, typer.Option(help="folder written by `learn routing`")] = None,
    db: Annotated[str | None, typer.Option(help="database URL")] = None,
    rules: Annotated[Path | None, typer.Option(help="rule file (YAML)")] = None,
    fallback_team: Annotated[
        str | None, typer.Option(help="team for what no model should decide")
    ] = None,
) -> None:
    """Do what is owed on the ledger until interrupted: tasks left undecided, answers to carry out.

    Start it with the settings of `serve`, as many as are needed. `serve` does such work too, so one
    is not necessary; it is for when a machine that serves should not also catch up.
    """
    # Set before langgraph is imported: no class may be rebuilt from a checkpoint.
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    from signalbox.checkup import check_settings
    from signalbox.logs import quiet, redact_logs
    from signalbox.settings import read_settings, unknown_variables

    settings = read_settings(model=model, db=db, rules=rules, fallback_team=fallback_team)
    if ":memory:" in settings.db:
        raise BadInput(
            "a worker needs a database that other processes see too",
            hint="set SIGNALBOX_DB to a file or to PostgreSQL",
        )
    redact_logs([settings.llm.api_key.get_secret_value()])
    logging.basicConfig(level=settings.log_level.upper(), stream=sys.stderr)
    quiet()
    for sentence in unknown_variables(os.environ):
        logging.getLogger("signalbox").warning("%s", sentence)
    check_settings(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    from signalbox.app import open_signalbox

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(one, over.set)
    async with open_signalbox(settings, role="worker"):
        typer.echo("Signalbox works on what is owed", err=True)
        await over.wait()
