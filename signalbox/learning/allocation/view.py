"""What a policy sees: the work that waits, the resources that are free, and what it believes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

IDLE, ON_SHIFT, WAITING, DECISIONS = range(4)
NOW = 0
DECLINE = -1


class View(NamedTuple):
    """The state at one moment, kept up to date by whoever runs the process.

    ``waiting[j]`` tasks of activity ``j`` wait; the one to be taken next belongs to a case that
    arrived at ``arrived[j]`` and has waited itself since ``since[j]`` (hours). The first
    ``counts[IDLE]`` places of ``idle`` hold the free resources, in no order.
    ``rate[j]`` is the number of tasks of ``j`` that all resources on shift could do in an hour.
    """

    waiting: np.ndarray  # int64 [J]
    arrived: np.ndarray  # float64 [J]
    since: np.ndarray  # float64 [J]
    idle: np.ndarray  # int64 [R]
    rate: np.ndarray  # float64 [J]
    counts: np.ndarray  # int64 [4]: IDLE, ON_SHIFT, WAITING, DECISIONS
    clock: np.ndarray  # float64 [1]: NOW, hours since the start of the first week
