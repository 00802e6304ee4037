"""The alarm that takes autonomy away, the test that gives it back, and the bound reported.

One for every source that decides alone: the learned router, and each calibrated language model.
"""

from __future__ import annotations

from collections import deque
from typing import Any

BETS_ON_ERROR = (1.0, 2.0, 4.0)
BETS_ON_RIGHT = (0.3, 0.6, 0.9)
ALARM = 1000.0  # at least so many rows between false alarms, on average
CLEAR = 4.0
STAKE = 0.95  # of the capital at most, on one row
RECENT = 500


class Monitor:
    """Bets on the outcomes of rows at or above the threshold, automatic or in the shadow.

    While automatic, capital staked on "the error rate exceeds alpha" restarts at one whenever it
    falls below (a CUSUM of betting e-values: Waudby-Smith & Ramdas 2024, Shin et al. 2024); at
    ``ALARM`` autonomy falls to "suggest". There, capital staked on "the rate is below alpha"
    over fresh shadow rows must reach ``CLEAR`` (some thirty rows without an error) before
    autonomy returns; proof at 95% would take hundreds of rows where the rate is 3%, and the
    controller's budget is what bounds the errors over the stream.
    """

    def __init__(self, target: float, confidence: float) -> None:
        self.alpha = 1 - target
        self.confidence = confidence
        self.suspended = False
        self.alarms = 0
        self._against = [1.0] * len(BETS_ON_ERROR)
        self._favour = [1.0] * len(BETS_ON_RIGHT)
        self._recent: deque[bool] = deque(maxlen=RECENT)

    def _bets(self) -> tuple[float, ...]:
        # More than 1/alpha on errors could lose more than there is.
        return tuple(min(bet, STAKE / self.alpha) for bet in BETS_ON_ERROR)

    def add(self, correct: bool, *, automatic: bool) -> None:
        """One answered row whose score was at or above the threshold in force when decided."""
        wrong = 0.0 if correct else 1.0
        if automatic:
            self._recent.append(correct)
        if not self.suspended:
            edge = wrong - self.alpha
            self._against = [
                max(capital, 1.0) * (1 + bet * edge)
                for capital, bet in zip(self._against, self._bets(), strict=True)
            ]
            if sum(self._against) / len(BETS_ON_ERROR) >= ALARM:
                self.suspended = True
                self.alarms += 1
                self._favour = [1.0] * len(BETS_ON_RIGHT)
        elif not automatic:
            edge = self.alpha - wrong
            self._favour = [
                max(capital, 1.0) * (1 + bet * edge)
                for capital, bet in zip(self._favour, BETS_ON_RIGHT, strict=True)
            ]
            if max(self._favour) >= CLEAR:
                self.suspended = False
                self._against = [1.0] * len(BETS_ON_ERROR)

    @property
    def bound(self) -> float | None:
        """Upper confidence limit on the error among the last 500 automatic rows, None for none.

        Clopper & Pearson 1934, one-sided, at one moment: not simultaneous over the stream.
        """
        from signalbox.domain.certificate import clopper_pearson_upper

        n = len(self._recent)
        if n == 0:
            return None
        return clopper_pearson_upper(n - sum(self._recent), n, self.confidence)

    def state(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "suspended": self.suspended,
            "alarms": self.alarms,
            "against": list(self._against),
            "favour": list(self._favour),
            "recent": list(self._recent),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The reverse of :meth:`state`."""
        self.suspended = bool(state["suspended"])
        self.alarms = int(state["alarms"])
        self._against = [float(one) for one in state["against"]]
        self._favour = [float(one) for one in state["favour"]]
        self._recent = deque((bool(c) for c in state["recent"]), maxlen=RECENT)
