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

    def __call__(self, parameters: np.ndarray, seeds: Sequence[int], cap: float) -> np.ndarray:
        """Cost with each seed, [n], all above 0; a run ends at ``cap``, which its cost then is."""
        ...


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """How to search; nothing here depends on the process.

    ``seconds`` is wall time for everything; with ``generations`` above 0 their number is the limit
    instead, and the result is the same on every machine. ``first_seed`` is far above any seed an
    evaluation starts from. ``phases`` are (share of the time, seeds a candidate); ``stages`` is the
    share of the time after which each stage ends; ``runaway`` the multiple of the median that is
    the cap. Where time allows fewer than ``least_generations``, each gets fewer seeds.
    """

    seconds: float = 300.0
    generations: int = 0
    sigma: float = 0.3
    jobs: int = 1
    seed: int = 1
    first_seed: int = 1 << 40
    phases: tuple[tuple[float, int], ...] = ((0.1, 2), (0.4, 4), (1.0, 8))
    stages: tuple[float, ...] = (0.4, 1.0)
    runaway: float = 4.0
    final_share: float = 0.12
    keep: int = 30
    least_generations: int = 80


def tune(
    objective: Objective,
    start: np.ndarray,
    directions: Sequence[np.ndarray],
    config: TuneConfig,
    *,
    subject: str,
    state: Path | None = None,
    progress: Progress = lambda what, share: None,
) -> Search:
    """Search from ``start`` [d] along ``directions`` [d, k], one stage each, until the time is up.

    The result is in ``chosen``. A search that was interrupted goes on from ``state`` with the time
    it had left.
    """
    began = time.monotonic()
    search = load(state, subject, len(start)) if state else None
    if search is None:
        steps = [0.0] * directions[0].shape[1]
        search = Search(subject, start.tolist(), steps, config.sigma, next_seed=config.first_seed)
    spent = search.seconds
    with ThreadPoolExecutor(config.jobs) as pool:

        def costs(points: Sequence[np.ndarray], count: int, cap: float) -> np.ndarray:
            seeds = range(search.next_seed, search.next_seed + count)
            search.next_seed += count
            search.evaluations += len(points) * count
            return np.array(list(pool.map(lambda point: objective(point, seeds, cap), points)))

        if not search.cost:
            search.cost = float(costs([start], config.phases[0][1], np.inf).mean())
        strategy = _strategy(search, config)
        while (share := _share(search, config)) < 1:
            if share > config.stages[search.stage]:
                _refine(search, directions, config)
                strategy = _strategy(search, config)
            steps = strategy.ask()
            count = _seeds(search, share, len(steps), config)
            along = directions[search.stage]
            points = [np.array(search.base) + along @ step for step in steps]
            # The logarithm keeps one bad week from deciding which of two candidates is better.
            found = np.log(costs(points, count, config.runaway * search.cost)).mean(axis=1)
            strategy.tell(steps, found.tolist())
            search.cost = float(np.exp(np.median(found)))
            search.seconds = spent + time.monotonic() - began
            _note(search, strategy, along, config)
            share = min(_share(search, config), 1.0) * (1 - config.final_share)
            progress(f"{subject}: {search.cost:.3f}", share)
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


def _refine(search: Search, directions: Sequence[np.ndarray], config: TuneConfig) -> None:
    """The next stage begins where the last one has come to, with half of its first step."""
    search.base = _here(search, directions[search.stage]).tolist()
    search.stage += 1
    search.mean = [0.0] * directions[search.stage].shape[1]
    search.sigma, search.covariance = config.sigma / 2, None


def _here(search: Search, along: np.ndarray) -> np.ndarray:
    return np.asarray(np.array(search.base) + along @ np.array(search.mean))


def _share(search: Search, config: TuneConfig) -> float:
    """How much of the search proper is over, [0, 1] and a little more."""
    if config.generations:
        return search.generation / config.generations
    return search.seconds / (config.seconds * (1 - config.final_share))


def _seeds(search: Search, share: float, candidates: int, config: TuneConfig) -> int:
    """Seeds a candidate: those of the phase, fewer where time is short for that.

    On a slow machine, or a long process, many rough generations find more than a few exact ones.
    """
    count = next(n for until, n in config.phases if share <= until)
    if config.generations or not search.seconds:
        return count
    affordable = search.evaluations * config.seconds / search.seconds
    return max(2, min(count, int(affordable / (candidates * config.least_generations))))


def _note(search: Search, strategy: Any, along: np.ndarray, config: TuneConfig) -> None:
    search.generation += 1
    search.mean = [float(v) for v in strategy.mean]
    search.sigma = float(strategy.sigma)
    search.covariance = np.asarray(strategy.sm.C).tolist()
    if len(search.kept) < config.keep * _share(search, config):
        search.kept.append(_here(search, along).tolist())


def _last_word(
    search: Search,
    start: np.ndarray,
    costs: Callable[[Sequence[np.ndarray], int, float], np.ndarray],
    config: TuneConfig,
    clock: Callable[[], float],
) -> None:
    """Halving among some means of the search, their late average and the start, by mean cost."""
    kept = [np.array(point) for point in search.kept]
    rivals = [start, *kept[::-1][: config.keep // 2 : 3]]
    rivals += [np.mean(kept[-n:], axis=0) for n in (4, config.keep // 3) if len(kept) >= n]
    rivals += [np.array(search.base)]
    totals, rounds, seen = np.zeros(len(rivals)), 0, 0
    while True:
        count = 2 * config.phases[-1][1]
        if not config.generations:
            # As many seeds as leave time for the rounds of halving still to come.
            rate = search.evaluations / max(clock(), 1e-9)
            rounds_left = max(1, (len(rivals) - 1).bit_length())
            left = max(config.seconds - clock(), 0.0) * rate / (len(rivals) * rounds_left)
            count = int(np.clip(left, 4, count))
        totals += costs(rivals, count, 4 * config.runaway * search.cost).sum(1)
        rounds, seen = rounds + 1, seen + count
        if len(rivals) > 2:
            order = np.argsort(totals)[: -(-len(rivals) // 2)]
            rivals, totals = [rivals[i] for i in order], totals[order]
        over = rounds >= 4 if config.generations else clock() >= config.seconds
        if over:
            break
    best = int(np.argmin(totals))
    search.chosen = rivals[best].tolist()
    search.chosen_cost = float(totals[best] / seen)
