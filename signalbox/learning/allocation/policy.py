"""A policy by name, and the one place where a choice is made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation import dispatching, hungarian, index
from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.compiled import part
from signalbox.learning.allocation.view import DECLINE, IDLE, WAITING, View

CODES = {"random": 0, "fifo": 1, "spt": 2, "ratio": 3, "hungarian": 4, "index": 5}
RANDOM, FIFO, SPT, RATIO, HUNGARIAN, INDEX = range(6)
BY_CHANCE = (RANDOM, FIFO)


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule for who does what next; ``parameters`` are read by the index policy alone.

    In their place ``hungarian`` has room to work in, see ``equipped``.
    """

    name: str
    parameters: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if self.name not in CODES:
            raise BadInput(f"no policy {self.name!r}", hint=f"use one of: {', '.join(CODES)}")

    def equipped(self, activities: int, resources: int) -> Policy:
        """The same policy with all it needs for so many activities and resources."""
        if self.name != "hungarian":
            return self
        return Policy(self.name, np.zeros(hungarian.room_for(activities, resources)))

    @property
    def code(self) -> int:
        """What the compiled code knows it by."""
        return CODES[self.name]


@part
def choose(
    code: int, parameters: np.ndarray, view: View, beliefs: Beliefs, dice: float
) -> tuple[int, int]:
    """The next pair (activity, resource), or (DECLINE, DECLINE) to leave the rest as it is.

    ``dice`` in (0, 1) is used by the policies that leave something to chance.
    """
    if view.counts[IDLE] == 0 or view.counts[WAITING] == 0:
        return DECLINE, DECLINE
    if code == RANDOM:
        return dispatching.at_random(view, beliefs, dice)
    if code == FIFO:
        return dispatching.first_come(view, beliefs, dice)
    if code == SPT:
        return dispatching.shortest(view, beliefs)
    if code == RATIO:
        return dispatching.highest_ratio(view, beliefs)
    if code == HUNGARIAN:
        return hungarian.batch(view, beliefs, parameters)
    return index.by_index(view, beliefs, parameters)
