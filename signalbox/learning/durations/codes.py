"""Names as numbers a tree can cut well: in the order of what usually follows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

RARE = 5
NONE = -1.0


@dataclass(frozen=True)
class Codes:
    """A code for each name: its place in the order of the median of a quantity.

    For a tree this order makes the best cut of n names one of n - 1, instead of 2^(n-1) (Fisher
    1958; Breiman et al. 1984, section 4.2). Names seen fewer than ``RARE`` times and names never
    seen share the code in the middle, so that no single case is recognised by its name.
    """

    places: Mapping[str, float]
    middle: float

    @classmethod
    def fit(cls, pairs: Iterable[tuple[str, float]]) -> Codes:
        """Codes out of (name, quantity) pairs."""
        found: dict[str, list[float]] = defaultdict(list)
        for name, quantity in pairs:
            found[name].append(quantity)
        medians = {
            name: (float(np.median(values)), name)
            for name, values in found.items()
            if len(values) >= RARE
        }
        order = sorted(medians, key=lambda name: medians[name])
        return cls.from_json(order)

    def __getitem__(self, name: str | None) -> float:
        """The code of ``name``; ``NONE`` for no name at all."""
        return NONE if name is None else self.places.get(name, self.middle)

    def to_json(self) -> list[str]:
        """The names in the order of their codes, which is all there is to know."""
        return sorted(self.places, key=lambda name: self.places[name])

    @classmethod
    def from_json(cls, order: Any) -> Codes:
        """Undo ``to_json``; ValueError for anything but different names."""
        if not isinstance(order, list) or len({str(name) for name in order}) < len(order):
            raise ValueError("codes are a list of different names")
        return cls({str(name): float(i) for i, name in enumerate(order)}, (len(order) - 1) / 2)
