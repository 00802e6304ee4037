"""What the whole stream has been doing lately, per label."""

from __future__ import annotations

import numpy as np

from signalbox.learning.online.arrays import Floats, grown
from signalbox.learning.online.counts import LONG_AGO
from signalbox.learning.online.row import Row

HALF_LIVES = (30.0, 200.0, 1500.0)
DECAY = np.array([0.5 ** (1 / h) for h in HALF_LIVES], np.float32)
WIDTH = 7


class Recency:
    """Decayed label shares over the last 30, 200 and 1,500 rows, and the gaps since each label."""

    def __init__(self) -> None:
        self.shares = np.zeros((8, 3), np.float32)
        self.last_row = np.full(8, -LONG_AGO, np.float64)
        self.last_hour = np.full(8, np.nan, np.float64)
        self.rows = 0

    def look(self, row: Row, n_labels: int) -> Floats:
        """Features (labels, 7): three shares, rows and hours since, hour of day, weekday."""
        self._room(n_labels)
        out = np.full((n_labels, WIDTH), np.nan, np.float32)
        shares = self.shares[:n_labels]
        out[:, :3] = shares / (shares.sum(0) + 1e-9)
        out[:, 3] = np.minimum(self.rows - self.last_row[:n_labels], LONG_AGO)
        out[:, 4] = np.minimum(row.hours - self.last_hour[:n_labels], LONG_AGO)
        if row.time is not None:
            out[:, 5] = row.time.hour + row.time.minute / 60
            out[:, 6] = row.time.weekday()
        return out

    def add(self, row: Row, label: int) -> None:
        """Count one row."""
        self._room(label + 1)
        self.shares *= DECAY
        self.shares[label] += 1
        self.last_row[label] = self.rows
        self.last_hour[label] = row.hours
        self.rows += 1

    def _room(self, n_labels: int) -> None:
        self.shares = grown(self.shares, n_labels)
        self.last_row = grown(self.last_row, n_labels, fill=-LONG_AGO)
        self.last_hour = grown(self.last_hour, n_labels, fill=np.nan)
