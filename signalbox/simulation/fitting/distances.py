"""How far two sets of cases are apart: cycle times, arrivals, workload, activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import wasserstein_distance

WEEK = 168


@dataclass(frozen=True, slots=True)
class Sample:
    """Cases as they are compared; hours since a Monday.

    ``cycle`` is the time from the first beginning of a case to its last end (where the log tells no
    beginnings: from its first completion), ``arrival`` when that was, both [cases]. ``ended`` and
    ``activity`` are of all events, [n], ``case`` whose they are.
    """

    cycle: np.ndarray
    arrival: np.ndarray
    case: np.ndarray
    activity: np.ndarray
    ended: np.ndarray

    def only(self, cases: np.ndarray) -> Sample:
        """The sample of some ``cases``, bool [cases]."""
        mine = cases[self.case]
        place = np.cumsum(cases) - 1
        return Sample(
            self.cycle[cases],
            self.arrival[cases],
            place[self.case[mine]],
            self.activity[mine],
            self.ended[mine],
        )


def sample(
    case: np.ndarray, activity: np.ndarray, begun: np.ndarray, ended: np.ndarray, starts: bool
) -> Sample:
    """The sample of events in order of case; ``starts``: beginnings are known, not estimated."""
    firsts = np.flatnonzero(np.diff(case, prepend=-1))
    number = np.cumsum(np.diff(case, prepend=-1) > 0) - 1
    arrival = np.minimum.reduceat(begun if starts else ended, firsts)
    cycle = np.maximum.reduceat(ended, firsts) - arrival
    return Sample(cycle, arrival, number, activity, ended)


def distances(real: Sample, other: Sample, kinds: int) -> dict[str, Any]:
    """How far ``other`` is from ``real``.

    ``cycle_wasserstein`` is the mean distance in hours between the cycle times in their order
    (Wasserstein 1), ``cycle_relative`` its share of the real mean. ``arrivals`` and ``workload``
    (completions) are the part of the 168 hours' mass that is in other hours, in [0, 1] (total
    variation); ``arrivals_by_hour`` is that over the hours of a day. ``activities`` is the sum of
    the differences in events a case, over the real events a case.
    """
    moved = float(wasserstein_distance(real.cycle, other.cycle))
    per_case = [np.bincount(s.activity, minlength=kinds) / len(s.cycle) for s in (real, other)]
    return {
        "mean_ratio": float(other.cycle.mean() / max(real.cycle.mean(), 1e-9)),
        "median_ratio": _ratio(real.cycle, other.cycle, 0.5),
        "p90_ratio": _ratio(real.cycle, other.cycle, 0.9),
        "cycle_wasserstein": moved,
        "cycle_relative": moved / max(float(real.cycle.mean()), 1e-9),
        "arrivals": _variation(real.arrival, other.arrival, WEEK),
        "arrivals_by_hour": _variation(real.arrival, other.arrival, 24),
        "workload": _variation(real.ended, other.ended, WEEK),
        "activities": float(np.abs(per_case[1] - per_case[0]).sum() / per_case[0].sum()),
    }


def noise(real: Sample, kinds: int, *, splits: int = 20, seed: int = 0) -> dict[str, Any]:
    """The same distances between two random halves of the real cases, the mean of some splits.

    Ratios are given as how far they are from one, larger over smaller.
    """
    random = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        half = np.zeros(len(real.cycle), bool)
        half[random.permutation(len(half))[: len(half) // 2]] = True
        told = distances(real.only(half), real.only(~half), kinds)
        found.append(
            {k: max(v, 1 / max(v, 1e-9)) if k.endswith("ratio") else v for k, v in told.items()}
        )
    return {name: float(np.mean([told[name] for told in found])) for name in found[0]}


def _ratio(real: np.ndarray, other: np.ndarray, at: float) -> float:
    return float(np.quantile(other, at) / max(float(np.quantile(real, at)), 1e-9))


def _variation(real: np.ndarray, other: np.ndarray, hours: int) -> float:
    shares = [
        np.bincount(times.astype(np.int64) % hours, minlength=hours) / len(times)
        for times in (real, other)
    ]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
