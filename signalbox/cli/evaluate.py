"""``signalbox eval``: honest figures on rows a model was not learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signalbox.cli.output import emit, progress, table

app = typer.Typer(help="Evaluate models on labelled rows.", no_args_is_help=True)

SHOWN = (
    "n", "accuracy", "macro_f1", "coverage", "selective_accuracy", "certified_bound",
    "observed_bound", "ece", "p50_ms", "p99_ms", "oos_auroc", "oos_recall",
)  # fmt: skip


@app.callback()
def group() -> None:
    """Evaluate models on labelled rows."""


@app.command("routing")
def routing(
    model: Annotated[Path, typer.Option(help="folder written by `learn routing`")],
    data: Annotated[Path, typer.Option(help="CSV, CSV.gz, JSONL or Parquet")],
    label: Annotated[str, typer.Option(help="column with the right team")],
    time: Annotated[str | None, typer.Option(help="column with the time of arrival")] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="column in which no value may stand twice")
    ] = None,
    online: Annotated[
        bool,
        typer.Option("--online", help="walk in time order; learn on from every label fed back"),
    ] = False,
    online_control: Annotated[
        bool,
        typer.Option(
            "--online-control",
            help="walk in time order as a server does: labels fed back move the threshold only",
        ),
    ] = False,
    out_of_scope: Annotated[
        str | None, typer.Option(help="label of rows that belong to no team")
    ] = None,
    gate: Annotated[Path | None, typer.Option(help="YAML or JSON of metric: {min, max}")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Evaluate a router; exit 1 when a gate is not met."""
    from evals.command import evaluate_folder

    with progress("evaluating") as report:
        result = evaluate_folder(
            model,
            data,
            label=label,
            time=time,
            id_column=id_column,
            online=online,
            online_control=online_control,
            out_of_scope=out_of_scope,
            gate_file=gate,
            progress=report,
        )
    emit(result, as_json, lambda: _prose(result))
    verdict = result.get("gate")
    if isinstance(verdict, dict) and not verdict.get("passed", True):
        raise typer.Exit(1)


def _prose(result: dict[str, object]) -> str:
    lines = [table(result, SHOWN)]
    warnings = result.get("warnings")
    if isinstance(warnings, list) and warnings:
        lines += ["", *(f"  note: {one}" for one in warnings), ""]
    verdict = result.get("gate")
    if isinstance(verdict, dict):
        for check in verdict.get("checks", []):
            mark = "pass" if check.get("passed") else "FAIL"
            lines.append(f"  gate {check.get('metric')}: {mark} ({check.get('detail')})")
    return "\n".join(lines)
