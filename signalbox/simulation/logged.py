"""Simulated logs of a process, and what somebody would learn from them: means, usual absences."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.estimates import LearnedMeans, learn_means
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.staff import Absences, absences
from signalbox.simulation.episode import CASES, beliefs_of, simulate
from signalbox.simulation.plant import plant_of
from signalbox.simulation.process import Process
from signalbox.simulation.running import Running

# Between the seeds of evaluations and those of searches.
LOG_SEED = 1 << 39


def learned_means(process: Process, *, cases: int = CASES, seed: int = LOG_SEED) -> LearnedMeans:
    """What one log says in which work was given out at random.

    Of ``process`` only the log is used, and who may do what.
    """
    flat = process.with_means(np.where(np.isfinite(process.means), 1.0, np.inf))
    # The policy of the log is told nothing about speeds: to it all are alike.
    state, _ = simulate(plant_of(process), Policy("random"), seed, beliefs_of(flat), cases, np.inf)
    return learn_means(state.served, state.hours, np.isfinite(process.means))


def usual_absences(
    process: Process,
    policy: Policy,
    resources: tuple[str, ...],
    *,
    cases: int = CASES,
    logs: int = 16,
    seed: int = LOG_SEED,
) -> Absences:
    """How long each of ``resources`` is usually not seen at work under ``policy``."""
    found = []
    for at in range(seed, seed + logs):
        running = Running(process.placed(resources), policy, at, cases=cases)
        running.until()
        found.append(running.services)
    return absences(found, len(resources))
