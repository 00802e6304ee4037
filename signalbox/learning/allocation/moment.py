"""The index of every pair at one moment, on arrays: what a running engine asks.

The same index as ``index.by_index`` gives in the compiled event loop, without compiling anything: a
server starts at once, and a few hundred resources beside a hundred queues take a millisecond.
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
class Moment:
    """L queues, R resources, each pair with the logarithm of its mean time in hours.

    ``logs`` [L, R] is infinite where the pair is not permitted. ``blocks`` [L, 3] are weight, slope
    and patience of the queue's activity, ``ages`` [L] hours of the oldest case over the usual work
    in a case, ``waiting`` [L] tasks of its activity, ``bonus`` [L] what else moves a queue up.
    ``present`` [R] are those on shift, ``idle`` [R] those who can take something now; ``burden``
    [R] is what makes one slower at the moment, as a logarithm, ``price`` [R] what it costs in the
    same unit. ``backlog`` is all that waits.
    """

    logs: np.ndarray
    blocks: np.ndarray
    ages: np.ndarray
    waiting: np.ndarray
    bonus: np.ndarray
    present: np.ndarray
    idle: np.ndarray
    burden: np.ndarray
    price: np.ndarray
    backlog: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The index of each pair [L, R], minus infinity where nobody can be asked now; and ``refused``
    [L, R]: pairs for which waiting for somebody faster is worth more."""

    value: np.ndarray
    refused: np.ndarray


def rank(moment: Moment, parameters: np.ndarray) -> Ranking:
    """Index and refusal of every pair; ``parameters`` [GLOBALS] are those all queues share.

    The fastest member of a pool is never refused.
    """
    permitted = np.isfinite(moment.logs)
    slow = np.where(permitted, moment.logs, np.inf)
    count = np.maximum(permitted.sum(axis=1), 1)
    typical = np.where(permitted, slow, 0.0).sum(axis=1) / count
    rate = np.where(permitted & moment.present[None, :], np.exp(-slow), 0.0).sum(axis=1)
    queue, age = np.log1p(moment.waiting), np.log1p(moment.ages)
    lanes = moment.blocks[:, WEIGHT] + moment.blocks[:, SLOPE] * queue
    lanes = lanes + parameters[AGE] * age + moment.bonus
    backlog = np.log1p(moment.backlog / max(int(moment.present.sum()), 1))
    limit = moment.blocks[:, PATIENCE] + parameters[QUEUE] * queue + parameters[OLD] * age
    limit = limit + parameters[BACKLOG] * backlog + typical
    limit = limit - parameters[TEAM] * np.log(np.maximum(rate, 1e-9))
    flexible = np.log(np.maximum(permitted.sum(axis=0), 1.0))
    burdened = slow + moment.burden[None, :]
    value = lanes[:, None] - parameters[SPEED] * burdened
    value = value - (parameters[FLEXIBLE] * flexible + moment.price)[None, :]
    best = np.argmin(slow, axis=1) if slow.size else np.zeros(len(slow), int)
    refused = slow * (1.0 + parameters[TEAM]) > limit[:, None]
    refused[np.arange(len(slow)), best] = False
    able = permitted & moment.idle[None, :]
    return Ranking(np.where(able, value, -np.inf), refused & able)
