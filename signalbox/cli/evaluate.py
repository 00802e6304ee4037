"""``signalbox eval``: honest figures on rows a model was not learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.output import AsJson, emit, progress, table

app = typer.Typer(help="Evaluate models on labelled rows.", no_args_is_help=True)

SHOWN = (
    "n", "accuracy", "macro_f1", "coverage", "selective_accuracy", "ece",
    "p50_ms", "p99_ms", "oos_auroc", "oos_recall",
)  # fmt: skip
BOUNDS = {
    "certified_bound": "at most this share of automatic decisions is wrong, as the model promises",
    "observed_bound": "at most this share is, by the rows of this file alone",
}


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
    gate: Annotated[
        Path | None,
        typer.Option(
            help="YAML or JSON of metric: {min, max}; a figure with an interval is judged on it, "
            "the lower end against min and the upper against max"
        ),
    ] = None,
    as_json: AsJson = False,
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
    for name, meaning in BOUNDS.items():
        if isinstance(bound := result.get(name), float):
            lines.append(f"  {name.replace('_', ' '):22} {bound:.4f}  ({meaning})")
    warnings = result.get("warnings")
    if isinstance(warnings, list) and warnings:
        lines += ["", *(f"  note: {one}" for one in warnings), ""]
    verdict = result.get("gate")
    if isinstance(verdict, dict):
        for check in verdict.get("checks", []):
            mark = "pass" if check.get("passed") else "FAIL"
            lines.append(f"  gate {check['metric']}: {mark} ({_judgement(check)})")
    return "\n".join(lines)


def _judgement(check: dict[str, Any]) -> str:
    """One check in words: what was measured, on which end it was judged, and the limit."""
    side = "min" if "min" in check else "max"
    name, value, judged, limit = check["metric"], check["value"], check["judged"], check[side]
    if value is None:
        return f"{name} was not measured: there was nothing to measure it on"
    told = f"{name} {value:.4g}"
    if check["judged_on"] == "interval":
        end = "lower" if side == "min" else "upper"
        told += f" ({end} end of its interval {judged:.4g})"
    met = {"min": ("is at least", "is below"), "max": ("is at most", "is above")}[side]
    return f"{told} {met[0] if check['passed'] else met[1]} {limit:g}"
