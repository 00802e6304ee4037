"""What a change does to a tuned policy: more or fewer cases, a key worker gone, other speeds.

Run ``python -m evals.benchmarks.allocation.robustness --scenario FILE --json``. Each change holds
for a whole episode. ``stale`` is the index policy tuned before the change, told nothing of it;
``refit`` the one tuned after it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evals.benchmarks.allocation.figures import episodes, figures
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.tuning import TuneConfig
from signalbox.simulation.episode import beliefs_of
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from signalbox.simulation.twin import tuned_index

LOADS = (0.8, 1.25, 1.5, 1.75)
_SPREAD = 0.5


def key_worker(process: Process) -> int:
    """Who does most: the greatest share of the expected work, if all were given their share."""
    speed = np.where(np.isfinite(process.means), 1 / process.means, 0.0) * process.weights
    share = speed / np.maximum(speed.sum(axis=1, keepdims=True), 1e-300)
    alone = np.isfinite(process.means).sum(axis=1) == 1
    # Somebody without whom an activity stops altogether cannot leave and be scored.
    share[:, np.isfinite(process.means)[alone].any(axis=0)] = 0.0
    return int((process.visits() @ share).argmax())


def without(process: Process, r: int) -> Process:
    """The process once ``r`` has left."""
    stays = np.arange(len(process.resources)) != r
    return replace(
        process,
        resources=tuple(n for n, keep in zip(process.resources, stays, strict=True) if keep),
        means=np.ascontiguousarray(process.means[:, stays]),
        weights=process.weights[stays],
    )


def changes(process: Process, seed: int) -> Iterator[tuple[str, Process]]:
    """The changed processes by name."""
    for load in LOADS:
        yield f"load x{load:g}", process.with_load(load)
    yield "key worker leaves", without(process, key_worker(process))
    noise = np.random.default_rng(seed).normal(0, _SPREAD, process.means.shape)
    yield "speeds change", process.with_means(process.means * np.exp(noise))


def robustness(
    process: Process, tune_seconds: float, count: int, seed: int, jobs: int
) -> dict[str, Any]:
    """Change → policy → figures."""
    config, seeds = TuneConfig(seconds=tune_seconds, jobs=jobs), range(seed, seed + count)
    stale = tuned_index(process, config)
    found: dict[str, Any] = {}
    for name, changed in changes(process, seed):
        sys.stderr.write(f"{process.name} {name} ...\n")
        believed = beliefs_of(changed)
        same = changed.means.shape == process.means.shape
        found[name] = {
            "fifo": figures(episodes(changed, Policy("fifo"), believed, seeds, jobs=jobs)),
            "spt": figures(episodes(changed, Policy("spt"), believed, seeds, jobs=jobs)),
            "stale": figures(
                episodes(
                    changed, stale, beliefs_of(process) if same else believed, seeds, jobs=jobs
                )
            ),
            "refit": figures(
                episodes(
                    changed,
                    tuned_index(changed, config, label=f"{process.name} {name}"),
                    believed,
                    seeds,
                    jobs=jobs,
                )
            ),
        }
    return found


def main(arguments: list[str] | None = None) -> int:
    """Every process of the files; JSON on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", type=Path, nargs="+", required=True)
    parser.add_argument("--tune-seconds", type=float, default=60.0)
    parser.add_argument("--episodes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    results = {}
    for path in given.scenario:
        for name, process in read_processes(path).items():
            results[name] = robustness(
                process, given.tune_seconds, given.episodes, given.seed, given.jobs
            )
    sys.stdout.write(json.dumps(results, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
