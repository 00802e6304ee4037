"""``signalbox predict``: what running cases will do, and how well a log tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.log_options import (
    FOREST,
    DropDuplicates,
    Log,
    LogAsked,
    Model,
    Seed,
    TimeFormat,
    Zone,
    takes_log,
)
from signalbox.cli.output import AsJson, emit, printable, progress, table

app = typer.Typer(help="Predict running cases from an event log.", no_args_is_help=True)

SHOWN = (
    "cases", "cases_trained", "cases_evaluated", "prefixes", "model", "model_compared", "mae_days",
    "accuracy", "baseline", "interval_coverage", "interval_coverage_fixed", "interval_width_days",
    "seconds",
)  # fmt: skip


@app.callback()
def group() -> None:
    """Predict running cases from an event log."""


@app.command("remaining")
@takes_log
def remaining(
    asked: LogAsked,
    sla_days: Annotated[
        float | None, typer.Option(help="days a case may take: judge the risk that it takes more")
    ] = None,
    model: Model = FOREST,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Days until a running case ends: mean absolute error, and coverage of the 90 % intervals."""
    from signalbox.learning.durations.command import predict_remaining

    _judge(predict_remaining, asked, model, seed, as_json, sla_days=sla_days)


@app.command("next")
@takes_log
def following(
    asked: LogAsked, model: Model = FOREST, seed: Seed = 0, as_json: AsJson = False
) -> None:
    """The next activity and the days until it; with --start also waiting and processing."""
    from signalbox.learning.durations.command import predict_next

    _judge(predict_next, asked, model, seed, as_json)


@app.command("case")
def case(
    model: Annotated[Path, typer.Option(help="folder that learn durations wrote")],
    log: Log,
    at: Annotated[
        str | None, typer.Option(help="as of this time (ISO 8601); by default the last event's")
    ] = None,
    sla_days: Annotated[
        float | None, typer.Option(help="days a case may take, if not as learned")
    ] = None,
    case_column: Annotated[
        str | None, typer.Option("--case", help="column with the case, if not as learned")
    ] = None,
    activity: Annotated[str | None, typer.Option(help="likewise the activity")] = None,
    timestamp: Annotated[str | None, typer.Option(help="likewise the time of completion")] = None,
    start: Annotated[str | None, typer.Option(help="likewise the time it was begun")] = None,
    resource: Annotated[str | None, typer.Option(help="likewise who did it")] = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    drop_duplicates: DropDuplicates = False,
    most: Annotated[int, typer.Option(min=1, help="show so many cases at most")] = 20,
    as_json: AsJson = False,
) -> None:
    """Every running case of a log: time left, next activity, risk of being late; worst first."""
    from signalbox.learning.durations.running import predict_cases

    named = {
        "case": case_column, "activity": activity, "timestamp": timestamp, "start": start,
        "resource": resource, "zone": zone, "time_format": time_format,
    }  # fmt: skip
    with progress("predicting") as report:
        result = predict_cases(
            model,
            log,
            named={name: value for name, value in named.items() if value is not None},
            at=at,
            sla_days=sla_days,
            drop_duplicates=drop_duplicates,
            progress=report,
        )
    emit(result, as_json, lambda: _list(result, most))


def _judge(
    judge: Callable[..., dict[str, Any]],
    asked: LogAsked,
    model: str,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    from signalbox.learning.durations.method import Method

    with progress("predicting") as report:
        method = Method(model, seed=seed, drop_duplicates=asked.drop_duplicates, progress=report)
        result = judge(asked.log, asked.columns, method, **options)
    emit(result, as_json, lambda: _prose(result))


def _prose(result: dict[str, Any]) -> str:
    lines = [f"{result['protocol'].capitalize()}:", table(result, SHOWN)]
    for part in ("sla", "next_time", "waiting", "processing"):
        if isinstance(figures := result.get(part), dict):
            lines += ["", f"{part.replace('_', ' ')}:", table(figures, tuple(figures))]
    lines += ["", *(f"  note: {one}" for one in result["notes"])]
    return "\n".join(lines)


def _list(result: dict[str, Any], most: int) -> str:
    running = result["running"]
    lines = [f"{len(running):,} running cases as of {result['at']}, worst first:"]
    heads = ("risk", "days left", "interval", "silent", "case", "last activity", "next")
    shape = "  {:>5}  {:>9}  {:>17}  {:>6}  {:20}  {:24}  {}"
    lines.append(shape.format(*heads))
    lines += [printable(shape.format(*_row(one))) for one in running[:most]]
    if len(running) > most:
        lines.append(f"  ... and {len(running) - most:,} more: --most {len(running)}, or --json")
    lines += ["", *(f"  note: {printable(one)}" for one in result["notes"])]
    return "\n".join(lines)


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    left, ends = one["remaining_days"], one["remaining_interval"]
    following = ", ".join(f"{n['activity'][:24]} {n['probability']:.0%}" for n in one["next"][:2])
    return (
        "?" if one["risk"] is None else f"{one['risk']:.0%}",
        "?" if left is None else f"{left:.2f}",
        "?" if left is None else f"{ends[0]:.2f} - {ends[1]:.2f}",
        f"{one['silent_days']:.1f}",
        one["case"][:20],
        one["activity"][:24],
        following,
    )
