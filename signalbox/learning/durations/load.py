"""How busy the process was just before a moment."""

from __future__ import annotations

import numpy as np

from signalbox.learning.durations.clock import days
from signalbox.learning.logs.log import EventLog

WINDOWS_D = (1.0, 7.0)


class Load:
    """Counts of events and of new cases in the days before a moment, over the whole log.

    Strictly before it: what carries the same time may come later in the file.
    """

    names = tuple(f"{what}_last_{w:g}d" for w in WINDOWS_D for what in ("events", "cases"))

    def __init__(self, log: EventLog) -> None:
        self._events = np.sort([days(e.time) for t in log.traces for e in t.events])
        self._cases = np.sort([days(trace.began) for trace in log.traces])

    def before(self, moments: np.ndarray) -> np.ndarray:
        """(n, 4) counts for ``n`` moments in days since 1970; columns as in ``names``."""
        columns = []
        for window in WINDOWS_D:
            for known in (self._events, self._cases):
                upto = np.searchsorted(known, moments, side="left")
                columns.append(upto - np.searchsorted(known, moments - window, side="left"))
        return np.stack(columns, axis=1).astype(float)
