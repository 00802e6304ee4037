"""A simulated process as the objective of a search, and the search for its index policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signalbox.learning.allocation import parameters as layout
from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.estimates import LearnedMeans
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.tuning import TuneConfig, tune
from signalbox.simulation.episode import CASES, beliefs_of, simulate
from signalbox.simulation.plant import FINISHED, PRESENT_HOURS, Plant, plant_of
from signalbox.simulation.process import Process

DRAWS = 32


@dataclass(frozen=True, slots=True)
class Twin:
    """Mean cycle time of the index policy in hours, over whole episodes.

    With several ``plants`` each seed has one of them: they are what the process may be.
    """

    plants: tuple[Plant, ...]
    believed: Beliefs
    cases: int = CASES

    def __call__(self, parameters: np.ndarray, seeds: Sequence[int], cap: float) -> np.ndarray:
        """Mean cycle time with each seed in hours, [n]; the cap where it, or the end, is missed."""
        policy = Policy("index", np.ascontiguousarray(parameters, float))
        means = np.empty(len(seeds))
        for i, seed in enumerate(seeds):
            most = cap * self.cases
            plant = self.plants[seed % len(self.plants)]
            state, _ = simulate(plant, policy, seed, self.believed, self.cases, most)
            means[i] = max(state.total[PRESENT_HOURS] / self.cases, 1e-12)
            if state.tally[FINISHED] < self.cases and np.isfinite(cap):
                means[i] = cap
        return means


def tuned_index(
    process: Process,
    config: TuneConfig,
    *,
    learned: LearnedMeans | None = None,
    cases: int = CASES,
    state: Path | None = None,
    label: str | None = None,
    start: np.ndarray | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Policy:
    """The index policy tuned on ``process``, which is all it ever sees.

    With ``learned`` means those of the process are not read: the policy holds the estimates for
    true, and meets in its episodes what else may be behind the log. ``start`` are parameters to
    search from, such as those of before a change; they are among the last that are compared.
    """
    plants: tuple[Plant, ...] = (plant_of(process),)
    means = None
    if learned is not None:
        drawn = (process.with_means(learned.drawn(seed)) for seed in range(DRAWS))
        plants, means = tuple(plant_of(possible) for possible in drawn), learned.means
    twin = Twin(plants, beliefs_of(process, means), cases)
    kinds = len(process.activities)
    search = tune(
        twin,
        layout.start(kinds) if start is None else start,
        layout.directions(kinds),
        config,
        subject=label or process.name,
        state=state,
        progress=progress,
    )
    return Policy("index", np.array(search.chosen))
