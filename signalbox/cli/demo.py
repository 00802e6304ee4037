"""``signalbox demo``: see it work, with no key, no download and no data."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated

import typer


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="stop by itself after so many seconds")
    ] = None,
    seed: Annotated[int, typer.Option(help="another seed is another service desk")] = 7,
    history: Annotated[
        Path | None, typer.Option(help="only write the made-up history to this CSV file")
    ] = None,
) -> None:
    """Learn from a made-up service desk, serve, stream tasks and show what is decided."""
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if history is not None:
        from signalbox.demo.export import write_history_csv

        written = write_history_csv(history, seed=seed)
        typer.echo(f"Wrote {written}", err=True)
        return
    from signalbox.demo.run import run_demo
    from signalbox.demo.view import DemoView

    run_demo(DemoView(), seed=seed, seconds=seconds)
