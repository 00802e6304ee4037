"""``signalbox bench allocation``: who does what next, on scenario files of the benchmark forms."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.benchmarks.allocation.figures import episodes, figures
from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.policy import CODES, Policy
from signalbox.learning.allocation.tuning import TuneConfig
from signalbox.simulation.episode import CASES, beliefs_of, run_episode
from signalbox.simulation.logged import learned_means
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from signalbox.simulation.twin import tuned_index

Progress = Callable[[str, float], None]
SEED_LIMIT = 1 << 32
TUNE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class AllocationConfig:
    """What to run; ``seed`` is the first of ``episodes`` seeds of the evaluation."""

    policies: tuple[str, ...] = ("random", "fifo", "spt", "index")
    episodes: int = 300
    seed: int = 1000
    tune_seconds: float = TUNE_SECONDS
    means: str = "true"
    load: float = 1.0
    cases: int = CASES
    jobs: int = 0
    state: Path | None = None

    def __post_init__(self) -> None:
        for name in self.policies:
            if name not in CODES:
                raise BadInput(f"no policy {name!r}", hint=f"use one of: {', '.join(CODES)}")
        if self.means not in ("true", "learned"):
            raise BadInput(f"no means {self.means!r}", hint="use true or learned")
        if not 0 <= self.seed <= SEED_LIMIT:
            # Seeds of the search begin far above.
            raise BadInput(f"a seed of {self.seed}", hint=f"use 0 to {SEED_LIMIT}")

    @property
    def threads(self) -> int:
        """How many episodes are simulated at once."""
        if self.jobs or not hasattr(os, "sched_getaffinity"):
            return self.jobs or os.cpu_count() or 1
        return len(os.sched_getaffinity(0))


def bench_allocation(
    files: Sequence[Path],
    config: AllocationConfig,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Every policy on every process of ``files``, on the same episodes.

    Raises:
        BadInput: a file or an option that cannot be used; the message names it.
    """
    processes: dict[str, Process] = {}
    for path in files:
        for name, process in read_processes(path).items():
            if name in processes:
                raise BadInput(f"{path}: a second process {name!r}", hint="rename one of them")
            processes[name] = process
    if not processes:
        raise BadInput("no scenario", hint="name at least one file: --scenario FILE")
    scenarios = {}
    for i, (name, process) in enumerate(processes.items()):

        def report(what: str, share: float, i: int = i) -> None:
            progress(what, (i + share) / len(processes))

        scenarios[name] = scenario(process.with_load(config.load), config, report)
    return {
        "scenarios": scenarios,
        "episodes": config.episodes,
        "cases": config.cases,
        "seed": config.seed,
        "means": config.means,
        "load": config.load,
        "tune_seconds": config.tune_seconds if "index" in config.policies else 0.0,
        "waiting_reduction": {
            name: reduction(scenarios, name)
            for name in ("random", "fifo", "spt")
            if name in config.policies and "index" in config.policies
        },
    }


def scenario(process: Process, config: AllocationConfig, progress: Progress) -> dict[str, Any]:
    """Policy → its figures on one process."""
    run_episode(process, Policy("spt"), 0, cases=2)  # compiles, which is no part of any figure
    learned = learned_means(process, cases=config.cases) if config.means == "learned" else None
    believed = beliefs_of(process, learned.means if learned else None)
    found: dict[str, Any] = {}
    for name in config.policies:
        policy = Policy(name)
        if name == "index":
            policy = tuned_index(
                process,
                TuneConfig(seconds=config.tune_seconds, jobs=config.threads),
                learned=learned,
                cases=config.cases,
                state=_state_file(process, config),
                label=f"{_shown(process.name)} x{config.load:g} {config.means} means",
                progress=lambda what, share: progress(f"tuning {what}", 0.9 * share),
            )
        seeds = range(config.seed, config.seed + config.episodes)
        runs = episodes(process, policy, believed, seeds, cases=config.cases, jobs=config.threads)
        found[name] = figures(runs)
        progress(f"{_shown(process.name)} {name}", len(found) / len(config.policies))
    return found


def _state_file(process: Process, config: AllocationConfig) -> Path | None:
    if config.state is None:
        return None
    config.state.mkdir(parents=True, exist_ok=True)
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", process.name)
    return config.state / f"{plain}-x{config.load:g}-{config.means}.json"


def reduction(scenarios: dict[str, Any], against: str) -> float | None:
    """Share of the waiting time the index policy takes away: geometric mean over processes."""
    logs = []
    for found in scenarios.values():
        ours, theirs = found["index"]["mean_wait"], found[against]["mean_wait"]
        if not ours or not theirs:
            return None
        logs.append(math.log(ours / theirs))
    return 1 - math.exp(sum(logs) / len(logs))


def _shown(name: str) -> str:
    """A name out of a file, for a terminal: no control characters, no markup of the bar."""
    return "".join(c if c.isprintable() and c not in "[]" else "�" for c in name)


def prose(result: dict[str, Any]) -> str:
    """The figures as a table for people."""
    lines = []
    for name, found in result["scenarios"].items():
        lines.append(_shown(name))
        for policy, line in found.items():
            if line["mean_cycle"] is None:
                lines.append(f"  {policy:10} failed: {line['unfinished']} cases unfinished")
                continue
            low, high = line["ci95"] or (math.nan, math.nan)
            lines.append(
                f"  {policy:10} {line['mean_cycle']:9.2f} h [{low:.2f}, {high:.2f}]  waiting "
                f"{line['mean_wait']:.2f} h  p95 {line['p95_cycle']:.1f} h  busy "
                f"{line['utilisation']:.0%}  {line['decisions_per_second']:,.0f} decisions/s"
            )
    for against, share in result["waiting_reduction"].items():
        if share is not None:
            lines.append(f"  waiting less than under {against}: {share:.1%} (geometric mean)")
    return "\n".join(lines)
