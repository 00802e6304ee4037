"""``signalbox demo``: see it work, with no key, no download and no data."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from signalbox.settings import LlmSettings


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="stop by itself after so many seconds")
    ] = None,
    seed: Annotated[int, typer.Option(help="another seed is another service desk")] = 7,
    history: Annotated[
        Path | None, typer.Option(help="only write the made-up history to this CSV file")
    ] = None,
    scripted_model: Annotated[
        bool,
        typer.Option(
            "--scripted-model",
            help="let test equipment answer in place of a language model, marked as scripted",
        ),
    ] = False,
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

    with _scripted_model() if scripted_model else contextlib.nullcontext() as scripted:
        run_demo(DemoView(), seed=seed, seconds=seconds, scripted=scripted)


@contextlib.contextmanager
def _scripted_model() -> Iterator[LlmSettings]:
    """The scripted model server in a process of its own, and the settings that lead to it."""
    from evals.scripted.process import running_scripted
    from signalbox.settings import LlmSettings

    with running_scripted() as model:
        # Now and then it disagrees with the local model, so that there is something to see.
        model.script(choice=["first", "first", "second"])
        yield LlmSettings(base_url=model.base_url("vllm"), model="scripted", dialect="vllm")
