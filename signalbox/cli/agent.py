"""``signalbox learn agent`` and ``eval agent``: how far a reasoning model may be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signalbox.cli.output import AsJson, Progress, emit, progress, table

if TYPE_CHECKING:
    from evals.agent.cases import Desk, Rows
    from evals.agent.command import Round
    from signalbox.settings import Settings

SHOWN = (
    "model", "dialect", "prompt_version", "n", "to_ask", "asked", "left", "answered", "failures",
    "accuracy", "accuracy_of_answered", "ceiling", "local_accuracy", "lead", "agreement",
    "stability", "verbalised_ece", "ece", "brier", "coverage", "selective_accuracy",
    "observed_bound", "certified_bound", "threshold", "cost_usd", "cost_per_case", "p50_ms",
    "p95_ms", "p99_ms", "calibration",
)  # fmt: skip

Data = Annotated[Path, typer.Option(help="labelled rows: CSV, CSV.gz, JSONL or Parquet")]
Label = Annotated[str, typer.Option(help="column with the option that was right")]
Text = Annotated[str | None, typer.Option(help="column with the text")]
Attributes = Annotated[str | None, typer.Option(help="columns, separated by commas")]
Time = Annotated[str | None, typer.Option(help="column with the time: the newest come first")]
Id = Annotated[str | None, typer.Option("--id", help="column in which no value stands twice")]
Model = Annotated[
    Path | None, typer.Option(help="local model; the rows must not be those it was learned from")
]
Limit = Annotated[int | None, typer.Option(min=1, help="ask about so many cases at most")]
Samples = Annotated[int, typer.Option(min=1, max=2, help="answers a case")]
Cache = Annotated[
    Path | None, typer.Option(help="file the answers are kept in; what is there is not asked again")
]
AllCases = Annotated[
    bool, typer.Option("--all-cases", help="also ask where the local model decides alone")
]


def learn(
    data: Data,
    label: Label,
    out: Annotated[Path, typer.Option(help="folder for SIGNALBOX_LLM__CALIBRATIONS")],
    text: Text = None,
    attributes: Attributes = None,
    time: Time = None,
    id_column: Id = None,
    model: Model = None,
    limit: Limit = None,
    samples: Samples = 2,
    target_accuracy: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="accuracy promised for what acts alone")
    ] = 0.95,
    all_cases: AllCases = False,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Calibrate and certify the language model of the settings; exit 1 where nothing was fitted."""
    from evals.agent.command import learn_agent

    rows = _rows(data, label, text, attributes, time, id_column, model, limit, all_cases)
    with _host("learning", model) as (settings, consultant, report):
        result = learn_agent(
            rows,
            _desk(settings),
            _round(consultant, samples, cache, report),
            out,
            target_accuracy=target_accuracy,
        )
    emit(result, as_json, lambda: _prose(result, f"export SIGNALBOX_LLM__CALIBRATIONS={out}"))
    if result["calibration"] is None:
        raise typer.Exit(1)


def evaluate(
    data: Data,
    label: Label,
    text: Text = None,
    attributes: Attributes = None,
    time: Time = None,
    id_column: Id = None,
    model: Model = None,
    limit: Limit = None,
    samples: Samples = 2,
    calibrations: Annotated[
        Path | None, typer.Option(help="folder `learn agent` wrote to; default: of the settings")
    ] = None,
    all_cases: AllCases = False,
    stability: Annotated[
        int, typer.Option(min=0, help="ask about so many cases again, options in another order")
    ] = 0,
    cache: Cache = None,
    record: Annotated[
        Path | None, typer.Option(help="folder to record the host to, without its key")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="folder to answer from, instead of the host")
    ] = None,
    gate: Annotated[Path | None, typer.Option(help="YAML or JSON of metric: {min, max}")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the language model of the settings; exit 1 when it stopped or a gate is not met."""
    from evals.agent.command import evaluate_agent

    if record is not None and replay is not None:
        raise typer.BadParameter("give --record or --replay, not both")
    rows = _rows(data, label, text, attributes, time, id_column, model, limit, all_cases)
    with _host("evaluating", model) as (settings, consultant, report):
        result = evaluate_agent(
            rows,
            _desk(settings),
            _round(consultant, samples, cache, report, record=record, replay=replay),
            calibrations=calibrations or settings.llm.calibrations,
            gate_file=gate,
            stability=stability,
        )
    emit(result, as_json, lambda: _prose(result))
    verdict = result["gate"]
    if result["stopped"] or (verdict is not None and not verdict["passed"]):
        raise typer.Exit(1)


def _rows(
    data: Path,
    label: str,
    text: str | None,
    attributes: str | None,
    time: str | None,
    id_column: str | None,
    model: Path | None,
    limit: int | None,
    all_cases: bool,
) -> Rows:
    from evals.agent.cases import Rows

    names = tuple(name.strip() for name in (attributes or "").split(",") if name.strip())
    return Rows(data, label, text, names, time, id_column, model, limit, all_cases)


@contextmanager
def _host(title: str, model: Path | None) -> Iterator[tuple[Settings, Any, Progress]]:
    """Settings, the consultant they name and a bar; the ledger keeps a budget where one is set."""
    from agents.consultant import R1Consultant
    from signalbox.domain.errors import BadInput
    from signalbox.parts import read_consultant, read_ledger
    from signalbox.settings import read_settings

    settings = read_settings(model=model)
    ledger = None if settings.llm.budget_usd_per_day is None else read_ledger(settings)
    try:
        consultant = read_consultant(settings, ledger)
        if not isinstance(consultant, R1Consultant):
            raise BadInput(
                "no language model is configured",
                hint="set SIGNALBOX_LLM__PRESET or SIGNALBOX_LLM__BASE_URL and __MODEL",
            )
        with progress(title) as report:
            yield settings, consultant, report
    except KeyboardInterrupt:
        typer.echo("Stopped. Every answer is kept: the same command goes on from here.", err=True)
        raise
    finally:
        if ledger is not None:
            ledger.close()


def _desk(settings: Settings) -> Desk:
    from evals.agent.cases import Desk
    from signalbox.parts import read_rules

    return Desk(read_rules(settings), settings.llm.candidates, settings.fallback_team)


def _round(
    consultant: Any,
    samples: int,
    cache: Path | None,
    report: Progress,
    *,
    record: Path | None = None,
    replay: Path | None = None,
) -> Round:
    from evals.agent.command import Round

    return Round(consultant, samples, cache, record, replay, progress=report)


def _prose(result: dict[str, Any], next_step: str = "") -> str:
    lines = [table(result, SHOWN)]
    notes = [*result["warnings"]]
    if result["stopped"]:
        notes.insert(
            0,
            f"stopped with {result['left']} of {result['to_ask']} cases left: {result['stopped']};"
            " the same command goes on from here",
        )
    lines += ["", *(f"  note: {one}" for one in notes), "", f"  {result['verdict']}"]
    for check in (result.get("gate") or {}).get("checks", []):
        mark = "pass" if check["passed"] else "FAIL"
        lines.append(
            f"  gate {check['metric']}: {mark} ({check['judged']} by {check['judged_on']})"
        )
    if next_step and result["trusted"]:
        lines += ["", f"Next: {next_step}"]
    return "\n".join(lines)
