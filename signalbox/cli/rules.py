"""``signalbox rules``: rules and their versions."""

from __future__ import annotations

import typer

app = typer.Typer(help="Write, try and put rules in force.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Write, try and put rules in force."""
