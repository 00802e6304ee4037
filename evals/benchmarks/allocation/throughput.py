"""How much more a process can take before its cases wait as long as under FIFO today.

Run ``python -m evals.benchmarks.allocation.throughput --scenario FILE --json``. The bar is FIFO's
mean cycle time at the load of the file; the answer is the highest load at which the tuned index
policy stays at or below it, with the throughput and the utilisation it has there.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from evals.benchmarks.allocation.figures import episodes, figures
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.tuning import TuneConfig
from signalbox.simulation.episode import beliefs_of
from signalbox.simulation.process import Process
from signalbox.simulation.reading import read_processes
from signalbox.simulation.twin import tuned_index

_STEPS = 7
_MOST = 8.0


def held(process: Process, tune_seconds: float, count: int, seed: int, jobs: int) -> dict[str, Any]:
    """The highest load held, by bisection; the policy is tuned once more near where it ends."""
    believed, seeds = beliefs_of(process), range(seed, seed + count)

    def measured(policy: Policy, load: float) -> dict[str, Any]:
        return figures(episodes(process.with_load(load), policy, believed, seeds, jobs=jobs))

    bar = measured(Policy("fifo"), 1.0)
    half = TuneConfig(seconds=tune_seconds / 2, jobs=jobs)
    load, best = 1.0, {"load": 0.0}
    for _ in range(2):
        policy = tuned_index(process.with_load(load), half, label=f"{process.name} x{load:.3g}")
        low, high = 0.5, _MOST
        for _ in range(_STEPS):
            middle = (low * high) ** 0.5
            found = measured(policy, middle)
            if found["mean_cycle"] is not None and found["mean_cycle"] <= bar["mean_cycle"]:
                low = middle
                if middle > best["load"]:
                    best = {"load": middle, **found}
            else:
                high = middle
        load = max(low, 1.0)
    return {
        "fifo": bar,
        "index": best,
        "throughput_gain": best.get("throughput", 0.0) / bar["throughput"] - 1,
        "at_least_75_percent_busy": best.get("utilisation", 0.0) >= 0.75,
    }


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
            sys.stderr.write(f"{name} ...\n")
            results[name] = held(
                process, given.tune_seconds, given.episodes, given.seed, given.jobs
            )
    sys.stdout.write(json.dumps(results, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
