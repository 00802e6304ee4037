"""Whether more or fewer cases come than before."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.alarm import ARRIVALS, Alarm
from signalbox.learning.allocation.evidence import FACTORS, Sums, scaled, threshold

_ONE = np.zeros(1, np.int64)


class ArrivalWatch:
    """Sequential detection of a change of the rate at which cases come.

    Args:
        interarrival: mean time between two cases, in hours.
        run_length: mean number of cases until a false alarm, at the least.
        start: the moment from which cases are seen, in hours.
        seen: how many cases that mean is known from.
        profile: how many times the mean rate cases come at in each hour of a week, [168]; default:
            the same at every hour.
    """

    def __init__(
        self,
        interarrival: float,
        run_length: float,
        start: float = 0.0,
        seen: float = 1000.0,
        profile: np.ndarray | None = None,
    ) -> None:
        self._profile = None if profile is None else profile / profile.mean()
        self._shape, self._scale = float(seen), seen * interarrival
        self._last = self._clock(start)
        self._sums = Sums(1, start)
        self.threshold = threshold(run_length, len(FACTORS))

    def see(self, moment: float) -> Alarm | None:
        """A case came at ``moment``; an alarm where that is the last straw."""
        clock = self._clock(moment)
        gap, self._last = clock - self._last, clock
        highest = self._sums.add(_ONE, scaled(gap, self._shape, self._scale), moment)
        self._shape += 1
        self._scale += gap
        if highest < self.threshold:
            return None
        _, _, factor, since = self._sums.highest(_ONE)
        return Alarm(moment, since, ARRIVALS, factor=factor)

    def _clock(self, moment: float) -> float:
        """Hours of the mean rate up to ``moment``."""
        if self._profile is None:
            return moment
        hours = len(self._profile)
        week, within = divmod(moment, hours)
        full = int(within)
        return float(
            week * hours + self._profile[:full].sum() + (within - full) * self._profile[full]
        )
