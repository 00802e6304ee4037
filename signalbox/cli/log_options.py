"""Options of every command that reads an event log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Log = Annotated[Path, typer.Option(help="CSV, JSONL or XES (also .gz), or Parquet")]
Case = Annotated[str, typer.Option(help="column with the case; in XES an attribute of the trace")]
Activity = Annotated[str, typer.Option(help="column with the activity")]
Timestamp = Annotated[str, typer.Option(help="column with the time of completion")]
Start = Annotated[str | None, typer.Option(help="column with the time the activity was begun")]
Resource = Annotated[str | None, typer.Option(help="column with who did it")]
Attributes = Annotated[str | None, typer.Option(help="further columns, separated by commas")]
Zone = Annotated[str | None, typer.Option(help="time zone of times without offset: Europe/Rome")]
TimeFormat = Annotated[
    str | None, typer.Option(help="how times are written, if not year first: '%d.%m.%Y %H:%M'")
]
DropDuplicates = Annotated[
    bool, typer.Option("--drop-duplicates", help="count rows that are equal once")
]
Seed = Annotated[int, typer.Option(min=0, help="random seed")]


def listed(names: str | None) -> tuple[str, ...]:
    """The names of an option that takes several, separated by commas."""
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())
