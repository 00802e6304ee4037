"""Simulate a scenario or the twin of a log, as it is and as it might be: what `simulate` calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.policy import CODES, Policy
from signalbox.learning.allocation.tuning import TuneConfig
from signalbox.learning.logs.columns import LogColumns
from signalbox.learning.logs.reader import read_log
from signalbox.simulation.figures import Runs, check_able, paired, run_all, summary, threads
from signalbox.simulation.fitting.report import fit_report
from signalbox.simulation.fitting.twin import fit_twin
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from signalbox.simulation.twin import tuned_index
from signalbox.simulation.twin_writing import write_twin
from signalbox.simulation.what_if import change

SEED_LIMIT = 1 << 32

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class SimulateConfig:
    """How to simulate; ``seed`` is the first of ``episodes`` seeds. Hours throughout.

    ``deadline_hours`` and ``cost_per_hour`` stand in where the scenario has none of its own.
    """

    policy: str = "fifo"
    cases: int = 1000
    episodes: int = 20
    seed: int = 1000
    load: float = 1.0
    deadline_hours: float | None = None
    cost_per_hour: float | None = None
    what_if: tuple[str, ...] = ()
    tune_seconds: float = 60.0
    jobs: int = 0

    def __post_init__(self) -> None:
        if self.policy not in CODES:
            raise BadInput(f"no policy {self.policy!r}", hint=f"use one of: {', '.join(CODES)}")
        if not 0 <= self.seed <= SEED_LIMIT:
            # Seeds of fits and searches begin far above.
            raise BadInput(f"a seed of {self.seed}", hint=f"use 0 to {SEED_LIMIT}")
        for name in ("deadline_hours", "cost_per_hour"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                option = "--" + name.replace("_", "-")
                raise BadInput(f"{option} {value} is no number above 0", hint="give one")


def simulate_scenario(
    path: Path, name: str | None, config: SimulateConfig, progress: Progress
) -> dict[str, Any]:
    """Figures of the process of a scenario file; ``name`` chooses where there are several.

    Raises:
        BadInput: a file, an option or a change that cannot be used; the message names it.
    """
    processes = read_processes(path)
    if name is None and len(processes) > 1:
        listed = ", ".join(list(processes)[:8])
        raise BadInput(f"{path}: holds several processes", hint=f"choose one with --name: {listed}")
    if name is not None and name not in processes:
        listed = ", ".join(list(processes)[:8])
        raise BadInput(f"{path}: holds no process {name[:60]!r}", hint=f"use one of: {listed}")
    process = processes[name] if name is not None else next(iter(processes.values()))
    return simulate_process(process, config, progress)


def simulate_log(
    path: Path,
    columns: LogColumns,
    config: SimulateConfig,
    *,
    drop_duplicates: bool = False,
    report: bool = True,
    out: Path | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Figures of the twin of a log, with ``fit``: how good a twin of its earlier cases is.

    The twin itself is fitted to all cases, and written to ``out`` where that is given.

    Raises:
        BadInput: a log, an option or a change that cannot be used; the message names it.
    """
    began = time.perf_counter()
    progress("reading", 0.0)
    log = read_log(path, columns, drop_duplicates=drop_duplicates)
    share = 0.4 if report else 0.0
    fit = (
        fit_report(log, str(path), seed=config.seed, progress=_part(progress, 0.0, share))
        if report
        else None
    )
    name = path.name.split(".")[0] or "twin"
    fitted = fit_twin(log, str(path), _part(progress, share, 0.7))
    process = replace(fitted.process, name=name)
    about = {
        "cases": len(log),
        "events": log.events,
        "first": log.traces[0].began.isoformat(),
        "last": max(trace.ended for trace in log.traces).isoformat(),
        "notes": fitted.notes,
    }
    fit_seconds = time.perf_counter() - began
    result = simulate_process(process, config, _part(progress, 0.7, 1.0))
    if out is not None:
        write_twin(_with_own(process, config), out, about)
    return {
        **result,
        "log": about,
        "fit": fit,
        "fit_seconds": round(fit_seconds, 2),
        "twin": str(out) if out is not None else None,
    }


def simulate_process(
    process: Process, config: SimulateConfig, progress: Progress
) -> dict[str, Any]:
    """Figures of ``process``, and under ``what_if`` those after the changes and the differences."""
    process = _with_own(process, config).with_load(config.load)
    check_able(process)
    changed = change(process, config.what_if) if config.what_if else None
    rule = changed.policy if changed and changed.policy else config.policy
    if rule not in CODES:
        raise BadInput(f"no policy {rule[:40]!r}", hint=f"use one of: {', '.join(CODES)}")
    rounds = 2.0 if changed else 1.0
    before = _runs(process, config.policy, config, _part(progress, 0.0, 1 / rounds))
    result = {
        "name": process.name,
        "policy": config.policy,
        **summary(process, before),
        "cases": config.cases,
        "episodes": config.episodes,
        "seed": config.seed,
        "load": config.load,
    }
    if changed:
        after = _runs(changed.process, rule, config, _part(progress, 0.5, 1.0))
        result["what_if"] = {
            "changes": list(config.what_if),
            "policy": rule,
            **summary(changed.process, after),
            "differences": paired(before, after),
        }
    return result


def _runs(process: Process, rule: str, config: SimulateConfig, progress: Progress) -> Runs:
    policy = Policy(rule)
    if rule == "index":
        tuning = TuneConfig(seconds=config.tune_seconds, jobs=threads(config.jobs))
        policy = tuned_index(
            process, tuning, cases=config.cases, progress=lambda what, s: progress(what, s / 2)
        )
    return run_all(
        process,
        policy,
        range(config.seed, config.seed + config.episodes),
        cases=config.cases,
        jobs=threads(config.jobs),
        progress=lambda share: progress("episodes", 0.5 + share / 2),
    )


def _with_own(process: Process, config: SimulateConfig) -> Process:
    details = process.details
    if config.deadline_hours is not None:
        own = np.where(np.isfinite(details.deadlines), details.deadlines, config.deadline_hours)
        details = replace(details, deadlines=own)
    if config.cost_per_hour is not None and not len(details.costs):
        details = replace(details, costs=np.full(len(process.resources), config.cost_per_hour))
    return replace(process, details=details)


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda what, share: progress(what, low + (high - low) * share)


def differences_of(result: dict[str, Any]) -> Sequence[tuple[str, float, list[float] | None]]:
    """(figure, difference, interval) of every figure that is known on both sides."""
    found = result["what_if"]["differences"].items()
    return [(n, d["difference"], d["interval"]) for n, d in found if d["difference"] is not None]
