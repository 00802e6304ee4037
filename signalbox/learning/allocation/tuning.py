"""Tuning by CMA-ES (Hansen 2016) under noise: all candidates of a generation meet the same seeds.

Each generation draws fresh seeds, so that nothing is learned by heart; later ones use more of them,
because the closer the candidates the more it takes to tell them apart. A candidate that has spent
several times what the median did is stopped. The last word goes to means of the distribution, the
average of the late ones among them, compared on seeds of their own.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from signalbox.learning.allocation.search import Search, load

Progress = Callable[[str, float], None]


class Objective(Protocol):
    """What is made as small as possible."""

    def __call__(self, parameters: np.ndarray, seeds: Sequence[int], bound: float) -> float:
        """Mean cost over ``seeds``; more than ``bound`` where it was stopped for passing that."""
        ...


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """How to search; nothing here depends on the process.

    ``seconds`` is wall time for everything. ``first_seed`` is far above any seed an evaluation
    starts from. ``phases`` are (share of the time, seeds a candidate).
    """

    seconds: float = 300.0
    sigma: float = 0.3
    jobs: int = 1
    seed: int = 1
    first_seed: int = 1 << 40
    phases: tuple[tuple[float, int], ...] = ((0.2, 2), (0.5, 4), (1.0, 8))
    runaway: float = 3.0
    final_share: float = 0.12
    keep: int = 24


def tune(
    objective: Objective,
    start: np.ndarray,
    config: TuneConfig,
    *,
    subject: str,
    state: Path | None = None,
    progress: Progress = lambda what, share: None,
) -> Search:
    """Search from ``start`` [d] until the time is up; the result is in ``chosen``.

    A search that was interrupted goes on from ``state`` with the time it had left.
    """
    began = time.monotonic()
    search = load(state, subject, len(start)) if state else None
    if search is None:
        search = Search(subject, start.tolist(), config.sigma, next_seed=config.first_seed)
    spent = search.seconds
    with ThreadPoolExecutor(config.jobs) as pool:

        def costs(points: Sequence[np.ndarray], count: int, bound: float) -> list[float]:
            seeds = range(search.next_seed, search.next_seed + count)
            search.next_seed += count
            search.evaluations += len(points) * count
            return list(pool.map(lambda point: objective(point, seeds, bound), points))

        main = config.seconds * (1 - config.final_share)
        strategy = _strategy(search, config)
        if not search.cost:
            search.cost = costs([start], config.phases[0][1], np.inf)[0]
        while search.seconds < main:
            count = next(n for until, n in config.phases if search.seconds <= until * main)
            points = strategy.ask()
            found = costs(points, count, config.runaway * search.cost)
            strategy.tell(points, found)
            search.seconds = spent + time.monotonic() - began
            _note(search, strategy, float(np.median(found)), config, main)
            progress(f"{subject}: {search.cost:.3f}", search.seconds / config.seconds)
            if state:
                search.save(state)
        _last_word(search, start, costs, config, lambda: spent + time.monotonic() - began)
    search.seconds = spent + time.monotonic() - began
    if state:
        search.save(state)
    progress(f"{subject}: {search.chosen_cost:.3f}", 1.0)
    return search


def _strategy(search: Search, config: TuneConfig) -> Any:
    with warnings.catch_warnings():
        # It warns that it cannot plot.
        warnings.simplefilter("ignore")
        import cma
    options = {
        "verbose": -9,
        "seed": config.seed + search.generation,
        "maxiter": np.inf,
        "tolfun": 0,
        "tolx": 0,
        "tolfunhist": 0,
        "tolflatfitness": np.inf,
        "tolstagnation": np.inf,
    }
    strategy = cma.CMAEvolutionStrategy(search.mean, search.sigma, options)
    if search.covariance is not None:
        strategy.sm.C[:] = search.covariance
        strategy.sm.update_now(-1)
    return strategy


def _note(search: Search, strategy: Any, cost: float, config: TuneConfig, main: float) -> None:
    search.generation += 1
    search.cost = cost
    search.mean = [float(v) for v in strategy.mean]
    search.sigma = float(strategy.sigma)
    search.covariance = np.asarray(strategy.sm.C).tolist()
    if len(search.kept) < config.keep * search.seconds / main:
        search.kept.append(search.mean)


def _last_word(
    search: Search,
    start: np.ndarray,
    costs: Callable[[Sequence[np.ndarray], int, float], list[float]],
    config: TuneConfig,
    clock: Callable[[], float],
) -> None:
    """Successive halving among the late means, their average, the last one and the start."""
    late = [np.array(kept) for kept in search.kept[-config.keep // 2 :]]
    rivals = [start, np.array(search.mean), *late[-6::2]]
    if late:
        rivals.append(np.mean([*late, np.array(search.mean)], axis=0))
    totals, rounds = np.zeros(len(rivals)), 0
    count = config.phases[-1][1]
    while True:
        totals += costs(rivals, count, config.runaway * max(search.cost, 1e-9) * 4)
        rounds += 1
        order = np.argsort(totals)[: max(1, -(-len(rivals) // 2))] if len(rivals) > 2 else None
        if order is not None:
            rivals, totals = [rivals[i] for i in order], totals[order]
        if clock() >= config.seconds or len(rivals) < 2:
            break
    best = int(np.argmin(totals))
    search.chosen = rivals[best].tolist()
    search.chosen_cost = float(totals[best] / rounds)
