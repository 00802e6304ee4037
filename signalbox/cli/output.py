"""What every command shares: one JSON object on stdout, progress and prose on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

Progress = Callable[[str, float], None]


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
        lines.append(f"  {key.replace('_', ' '):22} {shown}")
    return "\n".join(lines)


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A bar on stderr fed with (what, share in [0, 1]); silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task(title, total=1.0)

        def report(what: str, share: float) -> None:
            bars.update(bar, description=f"{title}: {what}", completed=share)

        yield report
