"""What episodes of a process come to: figures with intervals, for all cases and for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.episode import beliefs_of, simulate
from signalbox.simulation.plant import (
    BUSY_HOURS,
    FINISHED,
    SHIFT_HOURS,
    WAIT_HOURS,
    State,
    plant_of,
)
from signalbox.simulation.process import Process

CONFIDENCE = 0.95
NAMES = (
    "mean_cycle",
    "p90_cycle",
    "mean_wait",
    "utilisation",
    "cost",
    "manual_touches_per_1000",
    "sla_misses",
)


@dataclass(frozen=True, slots=True)
class Runs:
    """One row an episode; columns are the `NAMES`, and the first three and the last by class.

    ``values`` [E, 7] and ``by_class`` [E, C, 5] (cases, mean_cycle, p90_cycle, mean_wait,
    sla_misses) are NaN where there is nothing to measure: an episode with a case that never ended
    has no cycle time, a process without deadlines no misses.
    """

    values: np.ndarray
    by_class: np.ndarray
    unfinished: int


def run_all(
    process: Process,
    policy: Policy,
    seeds: Sequence[int],
    *,
    cases: int,
    jobs: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Runs:
    """One episode for each of ``seeds``, ``jobs`` of them at once."""
    plant, believed = plant_of(process, detailed=True), beliefs_of(process)
    done = 0

    def one(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
        nonlocal done
        state, _ = simulate(plant, policy, seed, believed, cases, np.inf)
        found = _figures(process, state), _by_class(process, state)
        done += 1
        progress(done / len(seeds))
        return *found, cases - int(state.tally[FINISHED])

    with ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(one, seeds))
    return Runs(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        sum(row[2] for row in rows),
    )


def _figures(process: Process, state: State) -> np.ndarray:
    details, cases = process.details, len(state.cycle)
    costs = details.costs if len(details.costs) else np.ones(len(process.resources))
    automatic = details.automatic if len(details.automatic) else process.instant
    touches = state.served[~automatic].sum()
    shift = state.total[SHIFT_HOURS]
    whole = np.isfinite(state.cycle).all()
    return np.array(
        [
            state.cycle.mean(),
            np.quantile(state.cycle, 0.9) if whole else np.nan,
            state.total[WAIT_HOURS] / cases if whole else np.nan,
            state.total[BUSY_HOURS] / shift if shift > 0 else np.nan,
            float(costs @ state.extra.paid) / cases,
            1000 * touches / cases,
            _missed(process, state, np.ones(cases, bool)),
        ]
    )


def _missed(process: Process, state: State, mine: np.ndarray) -> float:
    limits = process.details.deadlines[state.extra.kind[mine]]
    if not np.isfinite(limits).any():
        return np.nan
    bound = np.isfinite(limits)
    # A case that never ended is late as well.
    return float(1 - (state.cycle[mine][bound] <= limits[bound]).mean())


def _by_class(process: Process, state: State) -> np.ndarray:
    found = np.full((len(process.details.classes), 5), np.nan)
    for c in range(len(found)):
        mine = state.extra.kind == c
        found[c, 0] = mine.sum()
        if mine.any():
            cycle = state.cycle[mine]
            found[c, 1:] = (
                cycle.mean(),
                np.quantile(cycle, 0.9) if np.isfinite(cycle).all() else np.nan,
                state.extra.waited[mine].mean(),
                _missed(process, state, mine),
            )
    return found


def interval(values: np.ndarray) -> list[float] | None:
    """The 95 % interval of the mean of independent ``values`` (Student's t); None below two."""
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, len(values) - 1) * values.std(ddof=1)
    half /= len(values) ** 0.5
    return [float(values.mean() - half), float(values.mean() + half)]


def mean(values: np.ndarray) -> float | None:
    """The mean, None where any of them is not known."""
    return float(values.mean()) if len(values) and np.isfinite(values).all() else None


def summary(process: Process, runs: Runs) -> dict[str, Any]:
    """The figures as JSON: means, ``intervals``, and the same for each class; hours and shares."""
    columns = runs.values.T
    found: dict[str, Any] = {
        name: mean(column) for name, column in zip(NAMES, columns, strict=True)
    }
    found["intervals"] = {
        name: interval(column) for name, column in zip(NAMES, columns, strict=True)
    }
    found["unfinished"] = runs.unfinished
    names = ("mean_cycle", "p90_cycle", "mean_wait", "sla_misses")
    found["classes"] = {}
    for c, name in enumerate(process.details.classes):
        own = runs.by_class[:, c]
        found["classes"][name] = {
            "cases": float(own[:, 0].mean()),
            **{key: mean(own[:, 1 + i]) for i, key in enumerate(names)},
            "intervals": {key: interval(own[:, 1 + i]) for i, key in enumerate(names)},
        }
    return found


def paired(before: Runs, after: Runs) -> dict[str, Any]:
    """After less before, episode by episode with the same random numbers; 95 % intervals."""
    return {
        name: {"difference": mean(change), "interval": interval(change)}
        for name, change in zip(NAMES, (after.values - before.values).T, strict=True)
    }


def check_able(process: Process) -> None:
    """BadInput where some work would wait for ever: nobody who is ever there can do it."""
    able = np.isfinite(process.means) & process.can_be_called[None, :]
    for j in np.flatnonzero(~able.any(axis=1) & ~process.instant):
        name = process.activities[j][:60]
        raise BadInput(
            f"nobody is left who can do {name!r}",
            hint=f"grant it to somebody: --what-if 'grant={name}:RESOURCE'",
        )


def threads(jobs: int) -> int:
    """How many episodes to run at once: ``jobs``, or one a core where that is 0."""
    if jobs or not hasattr(os, "sched_getaffinity"):
        return jobs or os.cpu_count() or 1
    return len(os.sched_getaffinity(0))
