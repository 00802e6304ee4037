"""The figures of one policy over many episodes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.episode import CASES, Episode, run_episode
from signalbox.simulation.process import Process

_NORMAL_95 = 1.959964


def episodes(
    process: Process,
    policy: Policy,
    believed: Beliefs,
    seeds: Sequence[int],
    *,
    cases: int = CASES,
    jobs: int = 1,
    most: float = math.inf,
) -> list[Episode]:
    """One episode for each seed, in their order; stopped once a case has spent ``most`` hours.

    That is on average over all cases of the episode, those to come included.
    """

    def one(seed: int) -> Episode:
        return run_episode(
            process, policy, seed, believed=believed, cases=cases, most_hours=most * cases
        )

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, seeds))


def figures(runs: Sequence[Episode]) -> dict[str, Any]:
    """What the runs come to; hours.

    A run with an unfinished case has failed and is not scored: with one of them there is no mean.
    The interval is that of the mean over episodes, which are independent of each other; ``p95`` is
    of all cases of all episodes.
    """
    failed = sum(run.unfinished > 0 for run in runs)
    means = np.array([run.cycle.mean() for run in runs])
    half = _NORMAL_95 * means.std(ddof=1) / math.sqrt(len(runs)) if len(runs) > 1 else math.nan
    scored = failed == 0
    mean = float(means.mean()) if scored else None
    seconds = sum(run.seconds for run in runs)
    return {
        "mean_cycle": mean,
        "ci95": [mean - half, mean + half] if mean is not None and len(runs) > 1 else None,
        "mean_wait": float(np.mean([run.wait for run in runs])) if scored else None,
        "p95_cycle": (
            float(np.quantile(np.concatenate([run.cycle for run in runs]), 0.95))
            if scored
            else None
        ),
        "utilisation": float(np.mean([run.utilisation for run in runs])),
        "unfinished": sum(run.unfinished for run in runs),
        "failed_episodes": failed,
        "throughput": float(np.mean([len(run.cycle) / run.last for run in runs])),
        "decisions": sum(run.decisions for run in runs),
        "decisions_per_second": sum(run.decisions for run in runs) / max(seconds, 1e-9),
    }


def difference(ours: Sequence[Episode], theirs: Sequence[Episode]) -> dict[str, Any] | None:
    """How much longer our cases take than theirs, in hours, on the same seeds in the same order.

    The interval is that of the mean of the pairs; ``ahead`` is true where it lies below 0 as a
    whole. None where a run has failed.
    """
    if any(run.unfinished for run in (*ours, *theirs)):
        return None
    pairs = np.array([a.cycle.mean() - b.cycle.mean() for a, b in zip(ours, theirs, strict=True)])
    mean, base = float(pairs.mean()), float(np.mean([run.cycle.mean() for run in theirs]))
    half = _NORMAL_95 * float(pairs.std(ddof=1)) / math.sqrt(len(pairs)) if len(pairs) > 1 else 0.0
    ci95 = [mean - half, mean + half] if len(pairs) > 1 else None
    return {
        "hours": mean,
        "ci95": ci95,
        "share": mean / base,
        "ahead": ci95 is not None and ci95[1] < 0,
    }
