"""The changes a policy is put to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from signalbox.learning.allocation.alarm import ARRIVALS, SPEEDS, STAFF, Alarm
from signalbox.simulation.changing import Course
from signalbox.simulation.episode import CASES
from signalbox.simulation.process import Process

LOADS = (0.8, 1.25, 1.5, 1.75)
_SPREAD = 0.5
_BEFORE = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """What happens, at which hour, and which alarm names it."""

    name: str
    course: Course
    at: float
    what: str
    resource: int | None = None

    def named_by(self, alarm: Alarm) -> bool:
        """The alarm is raised after the change and is one of its kind."""
        same = self.resource is None or self.resource == alarm.resource
        return alarm.moment >= self.at and alarm.what == self.what and same


def key_worker(process: Process) -> int:
    """Who does most: the greatest share of the expected work, if all were given their share."""
    speed = np.where(np.isfinite(process.means), 1 / process.means, 0.0) * process.weights
    share = speed / np.maximum(speed.sum(axis=1, keepdims=True), 1e-300)
    alone = np.isfinite(process.means).sum(axis=1) == 1
    # Somebody without whom an activity stops altogether cannot leave and be scored.
    share[:, np.isfinite(process.means)[alone].any(axis=0)] = 0.0
    return int((process.visits() @ share).argmax())


def changes(process: Process, seed: int) -> Iterator[Change]:
    """Other loads from the start; a key worker leaves, or speeds change, after a fifth of it."""
    for load in LOADS:
        yield Change(f"load x{load:g}", [(0.0, process.with_load(load))], 0.0, ARRIVALS)
    at = _BEFORE * CASES * process.interarrival
    key = key_worker(process)
    gone = [(0.0, process), (at, process.without(key))]
    yield Change("key worker leaves", gone, at, STAFF, key)
    noise = np.random.default_rng(seed).normal(0, _SPREAD, process.means.shape)
    other = process.with_means(process.means * np.exp(noise))
    yield Change("speeds change", [(0.0, process), (at, other)], at, SPEEDS)
