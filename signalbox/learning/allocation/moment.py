"""The index of every pair at one moment, on arrays: what a running engine asks.

The same index as ``index.by_index`` gives in the compiled event loop, without compiling anything: a
server starts at once, and a few hundred resources beside a thousand queues take a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signalbox.learning.allocation.parameters import (
    AGE,
    BACKLOG,
    FLEXIBLE,
    OLD,
    PATIENCE,
    QUEUE,
    SLOPE,
    SPEED,
    TEAM,
    WEIGHT,
)


@dataclass(frozen=True, slots=True)
class Pools:
    """For each of L queues what its whole pool says: ``typical`` logarithm of the mean time,
    ``rate`` tasks an hour of all who are on shift, ``best`` the fastest, by number. All [L]."""

    typical: np.ndarray
    rate: np.ndarray
    best: np.ndarray


def pools_of(logs: np.ndarray, present: np.ndarray) -> Pools:
    """From ``logs`` [L, R] of mean hours, infinite where not permitted, and who is there [R]."""
    if not logs.size:
        nothing = np.zeros(len(logs))
        return Pools(nothing, nothing, nothing.astype(int))
    permitted = np.isfinite(logs)
    count = np.maximum(permitted.sum(axis=1), 1)
    typical = np.where(permitted, logs, 0.0).sum(axis=1) / count
    speed = np.exp(np.where(permitted, -logs, -np.inf))
    return Pools(typical, speed @ present.astype(float), np.argmin(logs, axis=1))


@dataclass(frozen=True, slots=True)
class Moment:
    """L queues, and I resources who can take something now.

    ``logs`` [L, I] are the logarithms of their mean hours, infinite where not permitted, ``idle``
    [I] their numbers as ``pools`` counts them. ``blocks`` [L, 3] are weight, slope and patience of
    the queue's activity, ``ages`` [L] hours of the oldest case over the usual work in a case,
    ``waiting`` [L] tasks of its activity, ``bonus`` [L] what else moves a queue up. ``burden`` [I]
    is what makes one slower at the moment, as a logarithm, ``price`` [I] what it costs in the same
    unit. ``backlog`` is all that waits, ``staff`` who is on shift.
    """

    logs: np.ndarray
    idle: np.ndarray
    pools: Pools
    blocks: np.ndarray
    ages: np.ndarray
    waiting: np.ndarray
    bonus: np.ndarray
    burden: np.ndarray
    price: np.ndarray
    backlog: int
    staff: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The index of each pair [L, I], minus infinity where not permitted; and ``refused`` [L, I]:
    pairs for which waiting for somebody faster is worth more."""

    value: np.ndarray
    refused: np.ndarray


def rank(moment: Moment, parameters: np.ndarray) -> Ranking:
    """Index and refusal of every pair; ``parameters`` [GLOBALS] are those all queues share.

    The fastest member of a pool is never refused.
    """
    pools, logs = moment.pools, moment.logs
    permitted = np.isfinite(logs)
    queue, age = np.log1p(moment.waiting), np.log1p(moment.ages)
    lines = moment.blocks[:, WEIGHT] + moment.blocks[:, SLOPE] * queue
    lines = lines + parameters[AGE] * age + moment.bonus
    backlog = np.log1p(moment.backlog / max(moment.staff, 1))
    limit = moment.blocks[:, PATIENCE] + parameters[QUEUE] * queue + parameters[OLD] * age
    limit = limit + parameters[BACKLOG] * backlog + pools.typical
    limit = limit - parameters[TEAM] * np.log(np.maximum(pools.rate, 1e-9))
    flexible = np.log(np.maximum(permitted.sum(axis=0), 1.0))
    burdened = logs + moment.burden[None, :]
    value = lines[:, None] - parameters[SPEED] * burdened
    value = value - (parameters[FLEXIBLE] * flexible + moment.price)[None, :]
    refused = permitted & (logs * (1.0 + parameters[TEAM]) > limit[:, None])
    refused &= moment.idle[None, :] != pools.best[:, None]
    return Ranking(np.where(permitted, value, -np.inf), refused)
