"""``signalbox simulate``: a process in the computer, as it is and as it might be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.log_options import DropDuplicates, Resource, Start, TimeFormat, Zone, names_of
from signalbox.cli.output import AsJson, emit, progress, table
from signalbox.domain.errors import BadInput

SHOWN = (
    "mean_cycle", "p90_cycle", "mean_wait", "utilisation", "cost", "manual_touches_per_1000",
    "sla_misses", "unfinished",
)  # fmt: skip
FIT = (
    "mean_ratio", "median_ratio", "p90_ratio", "cycle_relative", "arrivals", "arrivals_by_hour",
    "workload", "activities",
)  # fmt: skip


def simulate(
    scenario: Annotated[
        Path | None, typer.Option(help="JSON of a process, or of a twin saved with --out")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="fit a twin to this log: CSV, JSONL, XES or Parquet")
    ] = None,
    name: Annotated[str | None, typer.Option(help="which process of the scenario file")] = None,
    case: Annotated[str | None, typer.Option(help="column of the log with the case")] = None,
    activity: Annotated[str | None, typer.Option(help="column with the activity")] = None,
    timestamp: Annotated[str | None, typer.Option(help="column with the completion")] = None,
    start: Start = None,
    resource: Resource = None,
    attributes: Annotated[
        str | None, typer.Option(help="columns that may decide on routes, separated by commas")
    ] = None,
    zone: Zone = None,
    time_format: TimeFormat = None,
    drop_duplicates: DropDuplicates = False,
    fit_report: Annotated[
        bool, typer.Option(help="compare a twin of the earlier cases with the later ones")
    ] = True,
    out: Annotated[Path | None, typer.Option(help="write the fitted twin to this file")] = None,
    policy: Annotated[
        str, typer.Option(help="random, fifo, spt, ratio, hungarian or index")
    ] = "fifo",
    cases: Annotated[int, typer.Option(min=2, max=1_000_000, help="an episode")] = 1000,
    episodes: Annotated[int, typer.Option(min=1, help="how often, each with its own seed")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="of the first episode")] = 1000,
    load: Annotated[float, typer.Option(min=0.01, help="times as many cases an hour")] = 1.0,
    deadline_hours: Annotated[
        float | None, typer.Option(help="a case may take, where the scenario does not say")
    ] = None,
    cost_per_hour: Annotated[
        float | None, typer.Option(help="of a resource, where the scenario does not say")
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            help="a change, may be repeated: staff=1.5, add=NAME, remove=NAME, load=1.2, "
            "grant=ACTIVITY:NAME, withdraw=ACTIVITY:NAME, policy=spt"
        ),
    ] = None,
    tune_seconds: Annotated[float, typer.Option(min=0.1, help="for the index policy")] = 60.0,
    jobs: Annotated[int, typer.Option(min=0, help="episodes at once; 0: one a core")] = 0,
    as_json: AsJson = False,
) -> None:
    """Cycle time, waiting, utilisation, cost and missed deadlines of a process, with intervals."""
    if (scenario is None) == (log is None):
        raise BadInput("one of --scenario and --log is needed", hint="give one of the two")
    _check_options(scenario, out, name, case, activity, timestamp)
    from signalbox.simulation.command import SimulateConfig, simulate_log, simulate_scenario

    config = SimulateConfig(
        policy=policy,
        cases=cases,
        episodes=episodes,
        seed=seed,
        load=load,
        deadline_hours=deadline_hours,
        cost_per_hour=cost_per_hour,
        what_if=tuple(what_if or ()),
        tune_seconds=tune_seconds,
        jobs=jobs,
    )
    with progress("simulating") as report:
        if scenario is not None:
            result = simulate_scenario(scenario, name, config, report)
        else:
            from signalbox.learning.logs.columns import LogColumns

            assert log and case and activity and timestamp  # `_check_options` has seen to that
            result = simulate_log(
                log,
                LogColumns(
                    case,
                    activity,
                    timestamp,
                    start,
                    resource,
                    names_of(attributes),
                    zone,
                    time_format,
                ),
                config,
                drop_duplicates=drop_duplicates,
                report=fit_report,
                out=out,
                progress=report,
            )
    emit(result, as_json, lambda: _prose(result))


def _check_options(
    scenario: Path | None,
    out: Path | None,
    name: str | None,
    case: str | None,
    activity: str | None,
    timestamp: str | None,
) -> None:
    if scenario is not None and out is not None:
        raise BadInput("--out goes with --log", hint="a scenario is a file already")
    if scenario is None and name is not None:
        raise BadInput("--name goes with --scenario", hint="leave it out")
    if scenario is None and not (case and activity and timestamp):
        raise BadInput(
            "--log needs to know its columns", hint="give --case, --activity and --timestamp"
        )
    if out is not None and not out.absolute().parent.is_dir():
        raise BadInput(f"--out {out}: no such folder", hint="make the folder first")


def _prose(result: dict[str, Any]) -> str:
    lines = [
        f"{result['cases']:,} cases, {result['episodes']} episodes, {result['policy']}; hours:",
        table(result, SHOWN),
    ]
    if "what_if" in result:
        from signalbox.simulation.command import differences_of

        changed = result["what_if"]
        lines += ["", f"with {', '.join(changed['changes'])}:", table(changed, SHOWN)]
        lines += ["", "difference (95 % interval):"]
        for name, by, interval in differences_of(result):
            within = f" [{interval[0]:+.4f}, {interval[1]:+.4f}]" if interval else ""
            lines.append(f"  {name.replace('_', ' '):22} {by:+.4f}{within}")
    if fit := result.get("fit"):
        lines += ["", f"the twin, {fit['protocol']}:", table(fit["distance"], FIT)]
        lines += ["between two random halves of the later cases:", table(fit["noise"], FIT)]
        lines += ["between the earlier and the later cases:", table(fit["drift"], FIT)]
    if about := result.get("log"):
        lines += ["", *(f"  note: {note}" for note in about["notes"])]
    return "\n".join(lines)
