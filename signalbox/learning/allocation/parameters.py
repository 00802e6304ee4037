"""The parameters of the index policy: which stands where, and where a search begins."""

from __future__ import annotations

import numpy as np

# Positions in the parameters; three blocks of one value for each activity follow.
(SPEED, DOWNSTREAM, FLEXIBLE, AGE, QUEUE, TEAM, BACKLOG, LEAVING, LONG, AHEAD, OLD, HOLD) = range(
    12
)
GLOBALS = 12
NAMES = (
    "speed", "downstream", "flexible", "age", "queue", "team",
    "backlog", "leaving", "long", "ahead", "old", "hold",
)  # fmt: skip
"""The first GLOBALS by name, as a file has them."""
WEIGHT, SLOPE, PATIENCE, BLOCKS = range(4)


def start(activities: int) -> np.ndarray:
    """Parameters to start a search from: shortest first, refusing only the very slow."""
    parameters = np.zeros(GLOBALS + BLOCKS * activities)
    parameters[SPEED] = 1.0
    parameters[QUEUE] = 0.5
    parameters[GLOBALS + PATIENCE * activities :] = 1.0
    return parameters


def directions(activities: int) -> list[np.ndarray]:
    """Directions to search along, coarse to fine: [d, k] each.

    At first all activities share one slope and one patience; then each has its own, and a weight.
    """
    coarse = np.zeros((GLOBALS + BLOCKS * activities, GLOBALS + 2))
    coarse[:GLOBALS, :GLOBALS] = np.eye(GLOBALS)
    for column, block in enumerate((SLOPE, PATIENCE)):
        first = GLOBALS + block * activities
        coarse[first : first + activities, GLOBALS + column] = 1.0
    return [coarse, np.eye(len(coarse))]
