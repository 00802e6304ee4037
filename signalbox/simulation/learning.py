"""A policy for a running engine, tuned on the simulation of its process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.live_policy import LivePolicy
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.tuning import TuneConfig
from signalbox.simulation.episode import run_episode
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from signalbox.simulation.twin import tuned_index

# Neither those of searches nor of evaluations.
FIRST_SEED = 1 << 38
EPISODES = 20
Progress = Callable[[str, float], None]


def learn_allocation(
    scenario: Path,
    out: Path,
    *,
    name: str | None = None,
    load: float = 1.0,
    tune_seconds: float = 60.0,
    cases: int = 2500,
    state: Path | None = None,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Tune the index policy on a scenario and write it to ``out``, whole or not at all.

    The figures are hours of mean cycle time on episodes of their own, beside first come first
    served and the shortest first.

    Raises:
        BadInput: the scenario or the name cannot be used, or nothing can be written to ``out``.
    """
    if out.is_dir() or not out.parent.is_dir():
        raise BadInput(f"{out}: is no place for a file", hint="name a file in a folder that exists")
    process = _one(scenario, name).with_load(load)
    try:
        jobs = len(os.sched_getaffinity(0))
    except AttributeError:
        jobs = 1
    tuned = tuned_index(
        process,
        TuneConfig(seconds=tune_seconds, jobs=jobs),
        cases=cases,
        state=state,
        label=f"{process.name} x{load:g}",
        progress=progress,
    )
    policy = LivePolicy.of(tuned.parameters, process.activities)
    figures = {
        one.name: _mean_cycle(process, one, cases) for one in (Policy("fifo"), Policy("spt"), tuned)
    }
    policy.save(out)
    return {
        "scenario": process.name,
        "activities": len(process.activities),
        "resources": len(process.resources),
        "mean_cycle": figures,
        "policy": policy.digest,
        "file": str(out),
    }


def _one(path: Path, name: str | None) -> Process:
    found = read_processes(path)
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None or name not in found:
        told = "holds several processes" if name is None else f"has no process '{name}'"
        raise BadInput(f"{path}: {told}", hint=f"--name one of: {', '.join(found)}")
    return found[name]


def _mean_cycle(process: Process, policy: Policy, cases: int) -> float | None:
    runs = [
        run_episode(process, policy, seed, cases=cases)
        for seed in range(FIRST_SEED, FIRST_SEED + EPISODES)
    ]
    if any(run.unfinished for run in runs):
        return None
    return round(float(np.mean([run.cycle.mean() for run in runs])), 4)
