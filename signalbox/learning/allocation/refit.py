"""What is held true after a change: learned from what came since, leaning on what was before."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.estimates import LearnedMeans, learn_means

_LEAST_TASKS = 5
_ARRIVALS_BEFORE = 10.0


def means_since(
    services: np.ndarray, since: float, before: np.ndarray, at_work: np.ndarray
) -> LearnedMeans | None:
    """The mean service times after a change, or None where hardly anything was seen since.

    What is learned is how many times longer than before everything takes: all together, each
    activity, each resource, each pair, as far as the tasks support it (see `learn_means`). Where
    they show nothing, the means stay what they were, but for what all have in common.

    Args:
        services: tasks done, [n, 4]: moment of the end in hours, activity, resource, hours.
        since: when it changed; a task that began earlier says nothing.
        before: the means until then in hours, infinite where not permitted, [J, R].
        at_work: tasks under way, [m, 4]: moment of the start, activity, resource, hours so far.
            Without them the long ones, which are the last to end, would be left out.
    """
    permitted = np.asarray(np.isfinite(before))
    known = np.where(permitted, before, 1.0)
    done = services[services[:, 0] - services[:, 3] >= since]
    open_ones = at_work[at_work[:, 0] >= since]
    counts, hours = np.zeros(before.shape), np.zeros(before.shape)
    np.add.at(counts, _pairs(done), 1)
    np.add.at(hours, _pairs(done), done[:, 3])
    np.add.at(hours, _pairs(open_ones), open_ones[:, 3])
    if counts[permitted].sum() < _LEAST_TASKS:
        return None
    found = learn_means(counts, hours / known, permitted)
    return LearnedMeans(
        found.counts, found.hours * known, permitted, found.centre + np.log(known), found.shape
    )


def interarrival_since(arrivals: np.ndarray, since: float, now: float, before: float) -> float:
    """Mean time between two cases after a change, in hours.

    ``arrivals`` are the moments of cases, [n]; what was ``before`` counts as ten cases.
    """
    seen = int((arrivals > since).sum())
    return float((_ARRIVALS_BEFORE * before + now - since) / (_ARRIVALS_BEFORE + seen))


def _pairs(tasks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tasks[:, 1].astype(np.int64), tasks[:, 2].astype(np.int64)
