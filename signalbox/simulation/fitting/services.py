"""How long work takes: a mean for each activity and resource, a shape for each activity."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.estimates import learn_means
from signalbox.simulation.details import standardised
from signalbox.simulation.fitting.calendars import Worked
from signalbox.simulation.fitting.work import Work

KNOTS = 101
LEAST_MEAN = 1e-5
_LEAST_SHARE = 0.005
_LEAST_COUNT = 2
_OWN_SHAPE = 20
_OUT_OF_HOURS = 0.05
_LONGEST = 12.0


def working_hours(work: Work, on: np.ndarray) -> np.ndarray:
    """The hours of its resource's time each event took, float64 [n].

    Time off by the calendars ``on`` [R, 168] does not count, and who has several tasks open at once
    is taken to share the time between them: the twin does one thing at a time.
    """
    found = work.ended - work.begun
    for r in range(len(work.resources)):
        mine = np.flatnonzero(work.resource == r)
        if not len(mine):
            continue
        begun, ended = work.begun[mine], work.ended[mine]
        moments = np.unique(np.concatenate([begun, ended]))
        middle = (moments[1:] + moments[:-1]) / 2
        opened = np.searchsorted(np.sort(begun), middle, side="right")
        open_tasks = opened - np.searchsorted(np.sort(ended), middle, side="right")
        worked = np.diff(Worked(on[r]).until(moments))
        shared = np.concatenate([[0.0], np.cumsum(worked / np.maximum(open_tasks, 1))])
        at_work = shared[np.searchsorted(moments, ended)] - shared[np.searchsorted(moments, begun)]
        # A short task outside all hours was done all the same.
        clock = ended - begun
        odd = (at_work < _OUT_OF_HOURS * clock) & (clock < _LONGEST)
        found[mine] = np.where(odd, clock, at_work)
    return found


def permitted_pairs(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """(tasks of each pair [J, R], whether the pair is more than an accident, bool [J, R])."""
    counts = np.zeros((len(work.activities), len(work.resources)), np.int64)
    named = work.resource >= 0
    np.add.at(counts, (work.activity[named], work.resource[named]), 1)
    least = np.maximum(_LEAST_COUNT, _LEAST_SHARE * counts.sum(axis=1, keepdims=True))
    most = np.maximum(counts.max(axis=1, keepdims=True), 1)
    return counts, (counts >= least) | ((counts == most) & (counts > 0))


def mean_hours(work: Work) -> np.ndarray:
    """Mean service time of each pair in hours, infinite where not permitted, [J, R].

    Pairs lean on their activity and resource as `learn_means` does it; then each activity is scaled
    so that all its work together stays what was seen.
    """
    counts, permitted = permitted_pairs(work)
    named = work.resource >= 0
    hours = np.zeros(counts.shape)
    np.add.at(hours, (work.activity[named], work.resource[named]), work.hours[named])
    kept = np.where(permitted, counts, 0)
    means = learn_means(kept, np.where(permitted, hours, 0.0), permitted).means
    told = np.where(permitted, means, 0.0)
    expected = (kept * told).sum(axis=1)
    seen = np.where(permitted, hours, 0.0).sum(axis=1)
    scale = np.where(expected > 0, seen / np.maximum(expected, 1e-300), 1.0)
    return np.where(permitted, np.maximum(told * scale[:, None], LEAST_MEAN), np.inf)


def shapes(work: Work, means: np.ndarray) -> np.ndarray:
    """Quantiles of the service time of each activity over the mean of its pair, [J, 101].

    An activity seen fewer than 20 times has the shape of all.
    """
    named = work.resource >= 0
    mean = np.full(len(work.case), np.inf)
    mean[named] = means[work.activity[named], work.resource[named]]
    told = np.isfinite(mean)
    ratios = work.hours[told] / mean[told]
    everything = standardised(ratios, KNOTS) if len(ratios) else np.ones(KNOTS)
    found = []
    for j in range(len(work.activities)):
        own = ratios[work.activity[told] == j]
        found.append(standardised(own, KNOTS) if len(own) >= _OWN_SHAPE else everything)
    return np.array(found)
