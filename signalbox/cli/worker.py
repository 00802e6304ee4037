"""``signalbox worker``: a process that does what is owed, and serves nobody."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import typer

from signalbox.cli.hosting import FallbackTeam, Model, Rules, prepare, start_logs
from signalbox.cli.opening import Db
from signalbox.domain.errors import BadInput

if TYPE_CHECKING:
    from signalbox.settings import Settings


def worker(
    model: Model = None,
    db: Db = None,
    rules: Rules = None,
    fallback_team: FallbackTeam = None,
) -> None:
    """Do what is owed on the ledger until interrupted: tasks left undecided, answers to carry out.

    Start it with the settings of `serve`, as many as are needed. `serve` does such work too, so one
    is not necessary; it is for when a machine that serves should not also catch up.
    """
    settings = prepare(model=model, db=db, rules=rules, fallback_team=fallback_team)
    if ":memory:" in settings.db:
        raise BadInput(
            "a worker needs a database that other processes see too",
            hint="set SIGNALBOX_DB to a file or to PostgreSQL",
        )
    start_logs(settings)
    from signalbox.checkup import check_settings

    check_settings(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    from signalbox.app import open_signalbox

    over = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, over.set)
    async with open_signalbox(settings, role="worker"):
        typer.echo("Signalbox works on what is owed", err=True)
        await over.wait()
