"""What every command shares: one JSON object on stdout, progress and prose on stderr."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

Progress = Callable[[str, float], None]
EVERY_S = 10.0
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


def emit(result: Mapping[str, Any], as_json: bool, prose: Callable[[], str]) -> None:
    """Print ``result`` as one JSON object, or as prose for people."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, allow_nan=False, default=str))
    else:
        typer.echo(prose())


def table(result: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The named figures, one a line; what is unknown is left out."""
    lines = []
    for key in keys:
        value = result.get(key)
        if value is None:
            continue
        shown = f"{value:.4f}" if isinstance(value, float) else str(value)
        lines.append(f"  {key.replace('_', ' '):22} {printable(shown)}")
    return "\n".join(lines)


def printable(text: str) -> str:
    """``text`` without what somebody may have written to give orders to the terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A bar on stderr fed with (what, share in [0, 1]).

    Where stderr is no terminal: a line at the start, and one every ``EVERY_S`` seconds.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(title, total=1.0)

        def report(what: str, share: float) -> None:
            bars.update(bar, description=f"{title}: {what}", completed=share)

        yield report


def _lines(title: str) -> Progress:
    began = last = time.monotonic()
    typer.echo(f"{title} ...", err=True)

    def report(what: str, share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY_S:
            last = now
            typer.echo(f"{title}: {what} {share:.0%} after {now - began:.0f} s", err=True)

    return report
