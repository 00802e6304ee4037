"""``signalbox demo``: see it work, with no key, no download and no data."""

from __future__ import annotations

import logging
import os
from typing import Annotated

import typer


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="stop by itself after so many seconds")
    ] = None,
    seed: Annotated[int, typer.Option(help="another seed is another service desk")] = 7,
) -> None:
    """Learn from a made-up service desk, serve, stream tasks and show what is decided."""
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    from signalbox.demo.run import run_demo
    from signalbox.demo.view import DemoView

    run_demo(DemoView(), seed=seed, seconds=seconds)
