"""What a policy holds true of a process: means, known or learned, and what follows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Beliefs(NamedTuple):
    """The constants of one process as a policy knows them; hours, natural logarithms.

    ``means[j, r]`` is infinite where ``r`` may not do ``j``. ``typical[j]`` is the logarithm of the
    geometric mean over the pool, each member weighted with how often it is called. ``best[j]`` is
    the fastest member that is called at all: never refused, so that no task waits for nobody.
    ``flexible[r]`` is the logarithm of the number of activities ``r`` can do. ``following[j, k]``
    is the expected number of ``k`` that follow ``j``. ``scale`` is the typical work in one case.
    ``wanted`` and ``ahead`` are empty where everybody is always there.
    """

    means: np.ndarray  # float64 [J, R]
    speeds: np.ndarray  # float64 [J, R]: one over the means, nought where not permitted
    logs: np.ndarray  # float64 [J, R]
    typical: np.ndarray  # float64 [J]
    best: np.ndarray  # int64 [J]
    flexible: np.ndarray  # float64 [R]
    following: np.ndarray  # float64 [J, J]
    scale: float
    wanted: np.ndarray  # float64 [168] or [0]: staff wanted in the hour that comes next
    ahead: np.ndarray  # float64 [168] or [0]: mean staff wanted over a work day from now


AHEAD_HOURS = 8


def believe(
    means: np.ndarray,
    following: np.ndarray,
    visits: np.ndarray,
    schedule: np.ndarray,
    weights: np.ndarray,
    can_be_called: np.ndarray,
) -> Beliefs:
    """The beliefs of a policy told these means.

    Args:
        means: mean service times [J, R] in hours, infinite where not permitted.
        following: expected number of each activity after each, [J, J].
        visits: expected number of times a case passes each activity, [J].
        schedule: staff wanted for each hour of a week, [168] or [0].
        weights: with which an absent resource is called, [R].
        can_be_called: resources that come back once they have left, bool [R].
    """
    permitted = np.asarray(np.isfinite(means))
    logs = np.log(np.where(permitted, means, np.inf))
    share = np.where(permitted, np.maximum(weights, 1e-9 * max(weights.max(), 1e-9)), 0.0)
    total = np.maximum(share.sum(axis=1), 1e-300)
    typical = (share * np.where(permitted, logs, 0.0)).sum(axis=1) / total
    lasting = np.where(can_be_called[None, :], means, np.inf)
    reachable = np.isfinite(lasting).any(axis=1, keepdims=True)
    lasting = np.where(reachable, lasting, means)
    wanted = np.roll(schedule.astype(float), -1)
    ahead = np.zeros(len(schedule))
    for hours in range(1, AHEAD_HOURS + 1):
        ahead += np.roll(schedule.astype(float), -hours) / AHEAD_HOURS
    return Beliefs(
        means=np.ascontiguousarray(means, float),
        speeds=1.0 / np.ascontiguousarray(means, float),
        logs=logs,
        typical=typical,
        best=np.argmin(lasting, axis=1).astype(np.int64),
        flexible=np.log(np.maximum(permitted.sum(axis=0), 1.0)),
        following=np.ascontiguousarray(following, float),
        scale=float((visits * np.where(permitted.any(axis=1), np.exp(typical), 0.0)).sum()),
        wanted=wanted,
        ahead=ahead,
    )
