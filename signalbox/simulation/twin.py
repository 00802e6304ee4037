"""A simulated process as the objective of a search, and the search for its index policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signalbox.learning.allocation import index
from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.tuning import TuneConfig, tune
from signalbox.simulation.episode import CASES, beliefs_of, simulate
from signalbox.simulation.plant import FINISHED, PRESENT_HOURS, Plant, plant_of
from signalbox.simulation.process import Process


@dataclass(frozen=True, slots=True)
class Twin:
    """Mean cycle time of the index policy on ``plant``, in hours, over whole episodes."""

    plant: Plant
    believed: Beliefs
    cases: int = CASES

    def __call__(self, parameters: np.ndarray, seeds: Sequence[int], bound: float) -> float:
        """Mean over ``seeds``; a run that passes the bound or leaves cases undone ranks behind it."""
        policy = Policy("index", np.ascontiguousarray(parameters, float))
        left = bound * len(seeds) * self.cases
        spent = 0.0
        for done, seed in enumerate(seeds):
            state, _ = simulate(self.plant, policy, seed, self.believed, self.cases, left - spent)
            spent += state.total[PRESENT_HOURS]
            if state.count[FINISHED] < self.cases:
                worst = bound if np.isfinite(bound) else spent / self.cases
                return float(worst * (2 - done / len(seeds)))
        return float(spent / (len(seeds) * self.cases))


def tuned_index(
    process: Process,
    config: TuneConfig,
    *,
    cases: int = CASES,
    state: Path | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Policy:
    """The index policy tuned on ``process``, which is all it ever sees."""
    twin = Twin(plant_of(process), beliefs_of(process), cases)
    start = index.start(len(process.activities))
    search = tune(twin, start, config, subject=process.name, state=state, progress=progress)
    return Policy("index", np.array(search.chosen))
