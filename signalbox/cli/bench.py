"""``signalbox bench``: measure this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signalbox.cli.output import AsJson, emit, progress, table

app = typer.Typer(help="Benchmarks on this machine.", no_args_is_help=True)


@app.command("latency")
def latency(
    db: Annotated[
        str | None, typer.Option(help="database URL; default: a temporary SQLite")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="requests a second")] = 50.0,
    seconds: Annotated[float, typer.Option(min=1, help="length of the run")] = 30.0,
    model: Annotated[
        Path | None, typer.Option(help="model folder; default: learned from the demo's desk")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Latency of the real server, started in a process of its own."""
    from evals.benchmarks.latency import bench_latency

    with progress("latency") as report:
        result = bench_latency(db=db, rate=rate, seconds=seconds, model=model, progress=report)
    keys = ("requests", "errors", "p50_ms", "p95_ms", "p99_ms", "throughput", "sub_second_share",
            "single_client_p50_ms")  # fmt: skip
    emit(result, as_json, lambda: table(result, keys))


@app.command("rules")
def rules(
    rules: Annotated[int, typer.Option(min=1, max=1000, help="rules in the set")] = 100,
    fuzz: Annotated[
        int, typer.Option(min=0, help="evaluate this many sets of hostile facts as well")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="of the hostile facts")] = 1,
    as_json: AsJson = False,
) -> None:
    """Cost and agreement of the two rule evaluators."""
    from evals.benchmarks.rules import bench_rules
    from evals.benchmarks.rules_fuzz import failed, fuzz_rules

    with progress("rules") as report:
        result = bench_rules(
            n_rules=rules, progress=lambda done, total: report("fuzzing", done / max(total, 1))
        )
        if fuzz:
            hostile = fuzz_rules(fuzz, seed, progress=report)
            both = {key: result[key] + hostile[key] for key in ("disagreements", "failures")}
            result = {**result, **hostile, **both}
    emit(result, as_json, lambda: table(result, tuple(result)))
    if result["disagreements"] or (fuzz and failed(result)):
        raise typer.Exit(1)


@app.command("attacks")
def attacks(
    files: Annotated[
        list[Path] | None, typer.Argument(help="further corpora, as --corpus A B C", metavar="FILE")
    ] = None,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(help="JSONL of attack texts; may be repeated; default: our own small one"),
    ] = None,
    model: Annotated[
        str, typer.Option(help="worst-case: a stand-in that always obeys; or configured")
    ] = "worst-case",
    attempts: Annotated[
        int | None, typer.Option(min=1, help="from the corpora; default: every text x every goal")
    ] = None,
    goal: Annotated[list[str] | None, typer.Option(help="try this goal only; repeatable")] = None,
    tries: Annotated[int, typer.Option(min=0, help="of the adaptive attacker, a goal")] = 50,
    harmless: Annotated[int, typer.Option(min=2, help="harmless cases among the attacks")] = 600,
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 1,
    as_json: AsJson = False,
) -> None:
    """What an attacker who owns the model can bring about; exit 1 where a bar is missed."""
    from evals.attacks.bench import bench_attacks
    from evals.attacks.prose import prose
    from signalbox.settings import read_settings

    with progress("attacks") as report:
        result = bench_attacks(
            [*(corpus or []), *(files or [])],
            attempts=attempts,
            tries=tries,
            harmless=harmless,
            seed=seed,
            only=goal or (),
            model=model,
            settings=read_settings() if model == "configured" else None,
            progress=report,
        )
    emit(result, as_json, lambda: prose(result))
    if result["failing"]:
        raise typer.Exit(1)


@app.command("allocation")
def allocation(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="further scenarios, as --scenario A B C", metavar="FILE"),
    ] = None,
    scenario: Annotated[
        list[Path] | None, typer.Option(help="JSON of a process; may be repeated")
    ] = None,
    policy: Annotated[
        str, typer.Option(help="of random, fifo, spt, ratio, hungarian, index; with commas")
    ] = "random,fifo,spt,index",
    episodes: Annotated[int, typer.Option(min=1, help="for each policy")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="of the first episode")] = 1000,
    tune_seconds: Annotated[
        float, typer.Option(min=0.1, help="for tuning the index policy, a process")
    ] = 60.0,
    means: Annotated[str, typer.Option(help="true, or learned from one simulated log")] = "true",
    load: Annotated[float, typer.Option(min=0.01, help="times as many cases an hour")] = 1.0,
    cases: Annotated[int, typer.Option(min=2, help="an episode")] = 2500,
    jobs: Annotated[int, typer.Option(min=0, help="episodes at once; 0: one a core")] = 0,
    state: Annotated[
        Path | None, typer.Option(help="folder in which tuning can be taken up again")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Policies for who does what next, on the same simulated episodes."""
    from evals.benchmarks.allocation.bench import AllocationConfig, bench_allocation, prose

    config = AllocationConfig(
        policies=tuple(part.strip() for part in policy.split(",") if part.strip()),
        episodes=episodes,
        seed=seed,
        tune_seconds=tune_seconds,
        means=means,
        load=load,
        cases=cases,
        jobs=jobs,
        state=state,
    )
    with progress("allocation") as report:
        result = bench_allocation([*(scenario or []), *(files or [])], config, report)
    emit(result, as_json, lambda: prose(result))


@app.command("chaos")
def chaos(
    db: Annotated[
        str,
        typer.Option(help="URL; sqlite: a temporary file; postgres: a server started for the run"),
    ] = "sqlite",
    kills: Annotated[int, typer.Option(min=0, help="of servers and workers, kill -9")] = 30,
    seconds: Annotated[float, typer.Option(min=5, help="length of the run")] = 180.0,
    db_restarts: Annotated[int, typer.Option(min=0, help="of PostgreSQL")] = 0,
    rate: Annotated[float, typer.Option(min=0.1, help="tasks a second")] = 15.0,
    servers: Annotated[int, typer.Option(min=1)] = 2,
    workers: Annotated[int, typer.Option(min=0)] = 2,
    outage: Annotated[float, typer.Option(min=0, help="seconds the language model hangs")] = 60.0,
    seed: Annotated[int, typer.Option(help="of the weather and the load")] = 1,
    as_json: AsJson = False,
) -> None:
    """Kills, outages and races against real processes; exit 1 where a bar is missed."""
    from evals.benchmarks.chaos.bench import bench_chaos

    with progress("chaos") as report:
        result = bench_chaos(
            db,
            kills=kills,
            seconds=seconds,
            db_restarts=db_restarts,
            rate=rate,
            servers=servers,
            workers=workers,
            outage_s=outage,
            seed=seed,
            progress=report,
        )
    emit(result, as_json, lambda: table(result, tuple(result)))
    if result["failing"]:
        raise typer.Exit(1)
