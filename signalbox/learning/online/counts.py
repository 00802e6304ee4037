"""Decayed label counts for every attribute combination: what happened the last times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from signalbox.learning.online.arrays import Floats, Ints, grown
from signalbox.learning.online.keys import Key

# Half-lives in visits to a cell: the last few, the last few dozen, and for ever.
HALF_LIVES = (3.0, 20.0, float("inf"))
DECAY = np.array([0.5 ** (1 / h) for h in HALF_LIVES], np.float32)
WIDTH = 5  # three shares, the visits and the rows since the label was last seen here
LONG_AGO = 5e4  # rows; fits half precision


@dataclass(slots=True)
class Cell:
    """Labels met under one combination of values, with decayed counts and the last row number."""

    labels: Ints = field(default_factory=lambda: np.zeros(2, np.int64))
    stats: Floats = field(default_factory=lambda: np.zeros((2, 4), np.float32))
    total: Floats = field(default_factory=lambda: np.zeros(3, np.float32))
    size: int = 0

    def add(self, label: int, row: int) -> None:
        m = self.size
        self.stats[:m, :3] *= DECAY
        self.total *= DECAY
        self.total += 1
        at = np.flatnonzero(self.labels[:m] == label)
        if len(at):
            j = int(at[0])
        else:
            j = m
            self.labels = grown(self.labels, m + 1)
            self.stats = grown(self.stats, m + 1)
            self.labels[j] = label
            self.size += 1
        self.stats[j, :3] += 1
        self.stats[j, 3] = row


class CountTables:
    """One table of cells per key; ``look`` reads before ``add`` writes, so nothing leaks."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = list(keys)
        self.tables: list[dict[tuple[str, ...], Cell]] = [{} for _ in self.keys]
        self.rows = 0

    def _cells(self, values: tuple[str, ...]) -> list[Cell | None]:
        return [
            table.get(tuple([values[c] for c in key]))
            for key, table in zip(self.keys, self.tables, strict=True)
        ]

    def look(self, values: tuple[str, ...], n_labels: int) -> tuple[Floats, Floats, int]:
        """Features (keys, labels, WIDTH), a back-off score per label, and the cells known.

        Shares are smoothed towards the overall share with a weight of one visit; cells never
        met are nan. The score is the sum of the undecayed shares over the known cells.
        """
        k = len(self.keys)
        cells = self._cells(values)
        known = [(i, c) for i, c in enumerate(cells) if c is not None]
        out = np.zeros((k, n_labels, 4), np.float32)
        out[:, :, 3] = -LONG_AGO
        totals = np.full((k, 3), np.nan, np.float32)
        if known:
            at_key = np.repeat([i for i, _ in known], [c.size for _, c in known])
            at_label = np.concatenate([c.labels[: c.size] for _, c in known])
            out[at_key, at_label] = np.concatenate([c.stats[: c.size] for _, c in known])
            totals[[i for i, _ in known]] = np.stack([c.total for _, c in known])
        whole = out[0, :, 2]
        prior = (whole + 0.1) / (whole.sum() + 0.1 * n_labels)
        features = np.empty((k, n_labels, WIDTH), np.float32)
        features[:, :, :3] = (out[:, :, :3] + prior[None, :, None]) / (totals[:, None, :] + 1)
        features[:, :, 3] = np.minimum(np.nan_to_num(totals[:, 2]), LONG_AGO)[:, None]
        features[:, :, 4] = np.minimum(self.rows - out[:, :, 3], LONG_AGO)
        features[np.isnan(totals[:, 2]), :, 4] = np.nan
        raw = out[1:, :, 2] / (np.nan_to_num(totals[1:, 2])[:, None] + 1)
        return features, np.asarray(raw.sum(0) + 0.1 * prior, np.float32), len(known)

    def add(self, values: tuple[str, ...], label: int) -> None:
        """Count ``label`` under every combination of ``values``."""
        for key, table in zip(self.keys, self.tables, strict=True):
            context = tuple([values[c] for c in key])
            cell = table.get(context)
            if cell is None:
                cell = table[context] = Cell()
            cell.add(label, self.rows)
        self.rows += 1
