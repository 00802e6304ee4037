"""``signalbox predict``: how well a log tells what running cases will do, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.output import AsJson, emit, progress, table

app = typer.Typer(help="Predict running cases from an event log.", no_args_is_help=True)

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

SHOWN = (
    "cases", "cases_trained", "cases_evaluated", "prefixes", "mae_days", "accuracy", "baseline",
    "interval_coverage", "interval_coverage_fixed", "interval_width_days", "seconds",
)  # fmt: skip


@app.callback()
def group() -> None:
    """Predict running cases from an event log."""


@app.command("remaining")
def remaining(
    log: Log,
    case: Case,
    activity: Activity,
    timestamp: Timestamp,
    start: Start = None,
    resource: Resource = None,
    attributes: Attributes = None,
    sla_days: Annotated[
        float | None, typer.Option(help="days a case may take: judge the risk that it takes more")
    ] = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    drop_duplicates: DropDuplicates = False,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Days until a running case ends: mean absolute error, and coverage of the 90 % intervals."""
    from signalbox.learning.durations.command import predict_remaining
    from signalbox.learning.logs.columns import LogColumns

    columns = LogColumns(
        case, activity, timestamp, start, resource, names_of(attributes), zone, time_format
    )
    with progress("predicting") as report:
        result = predict_remaining(
            log,
            columns,
            sla_days=sla_days,
            drop_duplicates=drop_duplicates,
            seed=seed,
            progress=report,
        )
    emit(result, as_json, lambda: _prose(result))


@app.command("next")
def following(
    log: Log,
    case: Case,
    activity: Activity,
    timestamp: Timestamp,
    start: Start = None,
    resource: Resource = None,
    attributes: Attributes = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    drop_duplicates: DropDuplicates = False,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """The next activity and the days until it; with --start also waiting and processing."""
    from signalbox.learning.durations.command import predict_next
    from signalbox.learning.logs.columns import LogColumns

    columns = LogColumns(
        case, activity, timestamp, start, resource, names_of(attributes), zone, time_format
    )
    with progress("predicting") as report:
        result = predict_next(
            log, columns, drop_duplicates=drop_duplicates, seed=seed, progress=report
        )
    emit(result, as_json, lambda: _prose(result))


def names_of(listed: str | None) -> tuple[str, ...]:
    """The names of a list separated by commas."""
    return tuple(name.strip() for name in (listed or "").split(",") if name.strip())


def _prose(result: dict[str, Any]) -> str:
    lines = [f"{result['protocol'].capitalize()}:", table(result, SHOWN)]
    for part in ("sla", "next_time", "waiting", "processing"):
        if isinstance(figures := result.get(part), dict):
            lines += ["", f"{part.replace('_', ' ')}:", table(figures, tuple(figures))]
    lines += ["", *(f"  note: {one}" for one in result["notes"])]
    return "\n".join(lines)
