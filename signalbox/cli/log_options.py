"""Options that every command on an event log has: what the log is, and what its columns mean."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from signalbox.learning.logs.columns import LogColumns

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
# The name of the kind that needs nothing more: what names the others is not imported here.
FOREST = "forest"
Model = Annotated[
    str,
    typer.Option(help="auto, forest or torch; auto takes what did best on later training cases"),
]


@dataclass(frozen=True)
class LogAsked:
    """A log as it was asked for on the command line."""

    log: Path
    case: str
    activity: str
    timestamp: str
    start: str | None = None
    resource: str | None = None
    attributes: str | None = None
    zone: str | None = None
    time_format: str | None = None
    drop_duplicates: bool = False

    @property
    def columns(self) -> LogColumns:
        """What its columns mean."""
        from signalbox.learning.logs.columns import LogColumns

        return LogColumns(
            self.case, self.activity, self.timestamp, self.start, self.resource,
            names_of(self.attributes), self.zone, self.time_format,
        )  # fmt: skip


OPTIONS = {
    "log": Log, "case": Case, "activity": Activity, "timestamp": Timestamp, "start": Start,
    "resource": Resource, "attributes": Attributes, "zone": Zone, "time_format": TimeFormat,
    "drop_duplicates": DropDuplicates,
}  # fmt: skip


def takes_log(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first argument is a ``LogAsked`` gets these options before its own.

    Typer goes by the signature: it is written once here, and not again for every command.
    """

    @wraps(command)
    def run(**options: Any) -> None:
        asked = {name: options.pop(name) for name in OPTIONS}
        command(LogAsked(**asked), **options)

    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    defaults = {one.name: one.default for one in fields(LogAsked) if one.default is not MISSING}
    shared = [
        inspect.Parameter(
            name,
            keyword,
            annotation=kind,
            default=defaults.get(name, inspect.Parameter.empty),
        )
        for name, kind in OPTIONS.items()
    ]
    all_of = [*shared, *(one.replace(kind=keyword) for one in own)]
    run.__signature__ = inspect.Signature(all_of)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in all_of}
    del run.__wrapped__
    return run


def names_of(listed: str | None) -> tuple[str, ...]:
    """Names out of a list separated by commas."""
    return tuple(name.strip() for name in (listed or "").split(",") if name.strip())
