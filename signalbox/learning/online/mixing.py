"""How far to believe the fixed router and how far the model that learns on."""

from __future__ import annotations

import numpy as np

from signalbox.learning.online.arrays import Doubles

Chances = dict[str, float]
SHARES = np.array([0.0, 0.25, 0.5, 0.75])  # of the fixed router
FORGET = 0.995
FLOOR = 1e-3


class Mixing:
    """Linear pools with several shares, weighed by their decayed log-loss (Vovk 1998).

    The decay lets the weights follow drift: a router that no longer fits loses its say.
    """

    def __init__(self) -> None:
        self.losses: Doubles = np.zeros(len(SHARES))

    @property
    def share(self) -> float:
        """The fixed router's part in the pool."""
        weight = np.exp(-(self.losses - self.losses.min()))
        return float(weight @ SHARES / weight.sum())

    def pool(self, fixed: Chances, learning: Chances) -> Chances:
        """The labels of either with their pooled probability, the likeliest first."""
        share = self.share
        names = dict.fromkeys([*learning, *fixed])
        pooled = {n: share * fixed.get(n, 0.0) + (1 - share) * learning.get(n, 0.0) for n in names}
        return dict(sorted(pooled.items(), key=lambda item: -item[1]))

    def add(self, fixed: Chances, learning: Chances, label: str) -> None:
        """Charge every share for what it gave the true label."""
        chance = SHARES * fixed.get(label, 0.0) + (1 - SHARES) * learning.get(label, 0.0)
        self.losses = FORGET * self.losses - np.log(chance + FLOOR)

    def state(self) -> dict[str, list[float]]:
        """Plain values, for JSON."""
        return {"losses": self.losses.tolist()}

    def restore(self, state: dict[str, list[float]]) -> None:
        """The reverse of :meth:`state`."""
        self.losses = np.array(state["losses"])
