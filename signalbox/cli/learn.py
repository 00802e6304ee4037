"""``signalbox learn``: from a table of past work to a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signalbox.cli.log_options import FOREST, LogAsked, Model, Seed, names_of, takes_log
from signalbox.cli.output import AsJson, emit, printable, progress, table

app = typer.Typer(help="Learn models from past work.", no_args_is_help=True)

SHOWN = (
    "labels", "accuracy", "coverage", "selective_accuracy", "certified_bound", "ece",
    "fit_seconds", "model_dir",
)  # fmt: skip

DURATIONS_SHOWN = (
    "mae_days", "interval_coverage", "accuracy", "model", "model_compared", "next_model",
    "next_model_compared", "ends", "sla_days", "seconds", "model_dir",
)  # fmt: skip


@app.callback()
def group() -> None:
    """Learn models from past work."""


@app.command("routing")
def routing(
    data: Annotated[Path, typer.Option(help="CSV, CSV.gz, JSONL or Parquet")],
    label: Annotated[str, typer.Option(help="column with the right team")],
    out: Annotated[Path, typer.Option(help="folder to write the model to")],
    text: Annotated[str | None, typer.Option(help="column with the text")] = None,
    attributes: Annotated[str | None, typer.Option(help="columns, separated by commas")] = None,
    time: Annotated[str | None, typer.Option(help="column with the time of arrival")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="column in which no value may stand twice")
    ] = None,
    encoder: Annotated[str, typer.Option(help="tfidf, auto, or a model name or folder")] = "tfidf",
    target_accuracy: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="accuracy promised for automatic decisions")
    ] = 0.95,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Learn a calibrated router and certify the threshold above which it may decide alone."""
    from signalbox.learning.command import learn_to_folder

    with progress("learning") as report:
        result = learn_to_folder(
            data,
            out,
            text=text,
            attributes=names_of(attributes),
            label=label,
            time=time,
            id_column=id_column,
            encoder=encoder,
            target_accuracy=target_accuracy,
            seed=seed,
            progress=report,
        )
    emit(result, as_json, lambda: _prose(result, out))


@app.command("durations")
@takes_log
def durations(
    asked: LogAsked,
    out: Annotated[Path, typer.Option(help="folder to write the model to")],
    end: Annotated[
        str | None, typer.Option(help="activities that end a case, separated by commas")
    ] = None,
    sla_days: Annotated[
        float | None, typer.Option(help="days a case may take: predict the risk of more")
    ] = None,
    model: Model = FOREST,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Learn from finished cases how long running ones will take and what they do next."""
    from signalbox.learning.durations.learning import learn_durations
    from signalbox.learning.durations.method import Method

    with progress("learning") as report:
        result = learn_durations(
            asked.log,
            out,
            asked.columns,
            Method(model, seed=seed, drop_duplicates=asked.drop_duplicates, progress=report),
            ends=names_of(end),
            sla_days=sla_days,
        )
    emit(result, as_json, lambda: _durations(result, out))


def _durations(result: dict[str, object], out: Path) -> str:
    lines = [
        f"Learned from {result['cases_learned']:,} of {result['cases']:,} cases; the figures are "
        "those of the last two fifths by start, each judged by a model of the cases before it:",
        table(result, DURATIONS_SHOWN),
    ]
    notes = result["notes"]
    if isinstance(notes, list) and notes:
        lines += ["", *(f"  note: {printable(str(one))}" for one in notes)]
    lines += ["", f"Next: signalbox predict case --model {out} --log RUNNING.csv"]
    return "\n".join(lines)


def _prose(result: dict[str, object], out: Path) -> str:
    warnings = result.get("warnings")
    lines = [
        f"Learned from {result['n']:,} rows; the figures are measured on {result['held_out']:,} of "
        f"them, each judged by a model that had not seen it ({result['method']}):",
        table(result, SHOWN),
    ]
    if isinstance(warnings, list) and warnings:
        lines += ["", *(f"  note: {one}" for one in warnings)]
    lines += ["", f"Next: signalbox serve --model {out}"]
    return "\n".join(lines)
