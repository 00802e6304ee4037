"""How much more a process can take before its cases wait as long as under FIFO today.

Run ``python -m evals.benchmarks.allocation.throughput --scenario FILE --json``. The bar is FIFO's
mean cycle time at the load of the file; the answer is the highest load at which the tuned index
policy stays at or below it, with the throughput and the utilisation it has there. All loads last
the same time: twice the load is twice the cases, so that no queue has less time to grow. The load
is looked for on seeds of its own; what is reported was measured at it on those of the evaluation.
"""

from __future__ import annotations

import math
from typing import Any

from evals.benchmarks.allocation.command import Options, run, say
from evals.benchmarks.allocation.figures import difference, episodes, figures
from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.episode import CASES, Episode, beliefs_of
from signalbox.simulation.process import Process
from signalbox.simulation.twin import tuned_index

_STEPS = 6
_MOST = 8.0
_ROUNDS = 3
_BACK = 0.97
# Between the logs and the searches, where no evaluation and no other search draws from.
_SEARCH_SEED = (1 << 39) + (1 << 20)


def held(process: Process, options: Options) -> dict[str, Any]:
    """The highest load held: by bisection, with a policy tuned anew where the last one ended."""
    believed = beliefs_of(process)

    def runs(policy: Policy, load: float, seeds: range, most: float = math.inf) -> list[Episode]:
        cases = round(CASES * load)
        at = process.with_load(load)
        return episodes(at, policy, believed, seeds, cases=cases, jobs=options.jobs, most=most)

    looking = range(_SEARCH_SEED, _SEARCH_SEED + options.episodes)
    today = runs(Policy("fifo"), 1.0, looking)
    # So far above the bar that no other episode makes up for it.
    most = sum(run.cycle.mean() for run in today)
    load, policy = 1.0, None
    for turn in range(_ROUNDS):
        say(f"{process.name}: tuning at load {load:.3g}")
        policy = tuned_index(
            process.with_load(load),
            options.tuning,
            cases=round(CASES * load),
            start=policy.parameters if policy else None,
            label=f"{process.name} {turn} x{load:.3g}",
        )
        low, high = (0.5, _MOST) if turn == 0 else (load * 0.9, load * 1.5)
        for _ in range(_STEPS):
            middle = (low * high) ** 0.5
            if _holds(runs(policy, middle, looking, most), today):
                low = middle
            else:
                high = middle
        load = low
    assert policy is not None
    bar = runs(Policy("fifo"), 1.0, options.seeds)
    found = runs(policy, load, options.seeds)
    while load > 0.5 and not _holds(found, bar):
        # The luck of the seeds it was looked for on is taken back.
        load *= _BACK
        found = runs(policy, load, options.seeds)
    ours, theirs = figures(found), figures(bar)
    return {
        "fifo": theirs,
        "index": {"load": load, **ours},
        "index_less_fifo": difference(found, bar),
        "throughput_gain": ours["throughput"] / theirs["throughput"] - 1,
        "at_least_75_percent_busy": ours["utilisation"] >= 0.75,
    }


def _holds(runs: list[Episode], bar: list[Episode]) -> bool:
    apart = difference(runs, bar)
    return apart is not None and apart["hours"] <= 0


def main(arguments: list[str] | None = None) -> int:
    """Every process of the files; JSON on stdout."""
    return run(arguments, __doc__ or "", held)


if __name__ == "__main__":
    raise SystemExit(main())
