"""How good a twin is: fitted to the earlier cases, compared with the later ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.logs.log import EventLog
from signalbox.simulation.fitting.distances import Sample, distances, noise, sample
from signalbox.simulation.fitting.twin import fit_twin
from signalbox.simulation.fitting.work import LEAST_CASES, Work, work_of
from signalbox.simulation.process import Process
from signalbox.simulation.tasks import Tasks, simulated_tasks

SHARE = 0.7
EPISODES = 5
PROTOCOL = (
    "fitted to the first 70 % of the cases by start, compared with the rest; the twin runs through "
    "the fitted cases first, so that it is as full as the process was"
)

Progress = Callable[[str, float], None]


def fit_report(
    log: EventLog,
    name: str,
    *,
    seed: int = 1000,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Distances of a twin of the earlier cases from the later ones, each beside two yardsticks.

    ``noise`` is the distance between two random halves of the later cases: nothing can be closer.
    ``drift`` is that between the earlier and the later cases themselves: what a perfect copy of
    the past would have. ``in_window`` leaves out, on both sides, cases that would not have ended by
    the end of the log; where long cases are cut off that is the fair comparison of cycle times.

    Raises:
        BadInput: too few cases.
    """
    early, late = log.split(SHARE)
    if min(len(early), len(late)) < LEAST_CASES:
        raise BadInput(
            f"{name}: {len(log)} cases are too few to hold some of them out",
            hint=f"give {int(LEAST_CASES / (1 - SHARE)) + 1} cases or more, or --no-fit-report",
        )
    fitted = fit_twin(early, name, progress)
    everything = work_of(log, name)
    starts = bool(everything.known.all())
    real = _real(everything, starts)
    held = np.arange(len(log)) >= len(early)
    process = fitted.process
    kinds = len(everything.activities)
    # The later cases may know activities of which the twin has never heard.
    known = np.array([everything.activities.index(a) for a in process.activities])
    last = float(everything.ended.max() - real.arrival[0])
    twins, inside = [], []
    for episode in range(EPISODES):
        tasks = simulated_tasks(process, Policy("fifo"), seed + episode, len(log))
        one = _twin(tasks, known, starts)
        later = np.arange(len(one.cycle)) >= len(early)
        twins.append(one.only(later))
        inside.append((one.arrival + one.cycle - one.arrival[0])[later] <= last)
    twin = _together(twins)
    late_sample = real.only(held)
    window = np.concatenate(inside)
    span = np.ptp(real.arrival[held])
    return {
        "protocol": PROTOCOL,
        "cases_fitted": len(early),
        "cases_held_out": len(late),
        "real": _cycle(late_sample),
        "twin": _cycle(twin),
        "distance": distances(late_sample, twin, kinds),
        "noise": noise(late_sample, kinds),
        "drift": distances(late_sample, real.only(~held), kinds),
        "in_window": {
            "share_of_twin": float(window.mean()),
            **(_cycles(late_sample, twin.only(window), kinds) if window.any() else {}),
        },
        "fitted_cases": _cycles(
            real.only(~held), _fitted_part(process, seed, early, known, starts), kinds
        ),
        "cases_per_week": {
            "real": float(len(late) / max(span / 168, 1e-9)),
            "twin": 168 / process.interarrival,
        },
    }


def _real(work: Work, starts: bool) -> Sample:
    return sample(work.case, work.activity, work.begun, work.ended, starts)


def _twin(tasks: Tasks, known: np.ndarray, starts: bool) -> Sample:
    return sample(tasks.case, known[tasks.activity], tasks.begun, tasks.ended, starts)


def _fitted_part(
    process: Process, seed: int, early: EventLog, known: np.ndarray, starts: bool
) -> Sample:
    return _together(
        [
            _twin(
                simulated_tasks(process, Policy("fifo"), seed + EPISODES + i, len(early)),
                known,
                starts,
            )
            for i in range(EPISODES)
        ]
    )


def _together(samples: list[Sample]) -> Sample:
    counts = np.cumsum([0, *(len(s.cycle) for s in samples)])
    return Sample(
        np.concatenate([s.cycle for s in samples]),
        np.concatenate([s.arrival for s in samples]),
        np.concatenate([s.case + n for s, n in zip(samples, counts[:-1], strict=True)]),
        np.concatenate([s.activity for s in samples]),
        np.concatenate([s.ended for s in samples]),
    )


def _cycle(cases: Sample) -> dict[str, float]:
    return {
        "mean_cycle": float(cases.cycle.mean()),
        "median_cycle": float(np.quantile(cases.cycle, 0.5)),
        "p90_cycle": float(np.quantile(cases.cycle, 0.9)),
    }


def _cycles(real: Sample, twin: Sample, kinds: int) -> dict[str, float]:
    told = distances(real, twin, kinds)
    return {name: told[name] for name in told if "ratio" in name or name.startswith("cycle")}
