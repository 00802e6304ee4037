"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Uniform = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Retrying:
    """Bounds of the attempts. All times in seconds.

    Source of the full jitter: M. Brooker, Exponential Backoff And Jitter, 2015.
    """

    most_attempts: int = 30
    give_up_s: float = 24 * 3600.0
    base_s: float = 5.0
    cap_s: float = 2 * 3600.0
    # The circuit of one endpoint: so many failures in a row, and it is only probed.
    opens_after: int = 5
    probe_s: float = 30.0
    probe_cap_s: float = 600.0

    def wait_s(
        self, attempts: int, retry_after_s: float | None = None, uniform: Uniform = random.uniform
    ) -> float:
        """Seconds until the next attempt after ``attempts`` that failed, never above the cap.

        Anything from nothing to an exponentially growing bound, so that what failed together is not
        tried again together; never sooner than the endpoint asked for.
        """
        grown = self.base_s * 2.0 ** min(max(attempts, 1) - 1, 60)
        wait = uniform(0.0, min(self.cap_s, grown))
        return min(self.cap_s, max(wait, retry_after_s or 0.0))

    def open_s(self, failures: int, uniform: Uniform = random.uniform) -> float:
        """Seconds an endpoint is left alone after ``failures`` in a row; 0 while it is not."""
        over = failures - self.opens_after
        if over < 0:
            return 0.0
        return uniform(0.8, 1.0) * min(self.probe_cap_s, self.probe_s * 2.0 ** min(over, 60))
