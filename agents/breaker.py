"""A circuit breaker for one (host, model): a host that fails is asked less, then tried again.

Closed, requests pass. After ``threshold`` failures in a row (or one that repeating cannot mend: a
refused key, no credit) it opens. Open, one request per probe interval passes; the interval
doubles from ``probe_s`` to ``probe_max_s`` with jitter. A probe that is answered closes it.
Source: M. Nygard, Release It!, 2nd ed. 2018, chapter 5.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agents.failures import HOST_FAILURES, UNINFORMATIVE, ConsultFailed, FailureKind

_AT_ONCE = frozenset({FailureKind.AUTH, FailureKind.PAYMENT})


class BreakerState(StrEnum):
    """For the metrics. Half-open: open, and the next request would be a probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to send one request; handed back with its result."""

    generation: int
    probe: bool = False


class Breaker:
    """Safe to share between tasks, event loops and threads: every step is short and locked."""

    def __init__(
        self,
        name: str,
        *,
        threshold: int = 5,
        probe_s: float = 5.0,
        probe_max_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.name = name
        self.opened = 0
        self._threshold = threshold
        self._probe_s = probe_s
        self._probe_max_s = max(probe_s, probe_max_s)
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._failures = 0
        self._generation = 0
        self._open = False
        self._step = probe_s
        self._next_probe = 0.0
        self._last = ""

    @property
    def state(self) -> BreakerState:
        with self._lock:
            if not self._open:
                return BreakerState.CLOSED
            due = self._clock() >= self._next_probe
            return BreakerState.HALF_OPEN if due else BreakerState.OPEN

    @property
    def failures(self) -> int:
        """Failures in a row, since the last answer."""
        return self._failures

    def check(self) -> None:
        """Raise ConsultFailed (breaker_open) if a request would not pass now; takes nothing."""
        with self._lock:
            if self._open and self._clock() < self._next_probe:
                self._refuse()

    def admit(self) -> Pass:
        """Leave to send one request now; every probe takes the whole interval for itself.

        Raises:
            ConsultFailed: breaker_open, with the seconds until the next probe.
        """
        with self._lock:
            if not self._open:
                return Pass(self._generation)
            if self._clock() < self._next_probe:
                self._refuse()
            # Counted when it is sent, not when it ends: a probe that hangs or is cancelled can
            # neither block the next one nor let a second one through.
            self._schedule()
            return Pass(self._generation, probe=True)

    def record(
        self, passed: Pass, failure: FailureKind | None, retry_after_s: float | None = None
    ) -> None:
        """What became of a request. None, or a failure of the answer's form, is a success."""
        if failure in UNINFORMATIVE:
            return
        with self._lock:
            if passed.generation != self._generation:
                return  # Sent before it opened or closed: says nothing about now.
            if failure not in HOST_FAILURES:
                self._failures = 0
                if self._open:
                    self._open = False
                    self._step = self._probe_s
                    self._generation += 1
                return
            self._failures += 1
            self._last = str(failure)
            if self._open:
                self._heed(retry_after_s)
            elif failure in _AT_ONCE or self._failures >= self._threshold:
                self._open = True
                self.opened += 1
                self._generation += 1
                self._step = self._probe_s
                self._schedule()
                self._heed(retry_after_s)

    def _schedule(self) -> None:
        """Set the next probe: never sooner than ``probe_s``, never later than ``probe_max_s``."""
        interval = self._jitter(self._step * 0.8, self._step)
        self._next_probe = self._clock() + max(self._probe_s, interval)
        self._step = min(self._step * 2, self._probe_max_s)

    def _heed(self, retry_after_s: float | None) -> None:
        """Do not probe before the host asked to be tried again, within bounds."""
        if retry_after_s:
            asked = self._clock() + min(retry_after_s, self._probe_max_s)
            self._next_probe = max(self._next_probe, asked)

    def _refuse(self) -> None:
        wait = max(0.0, self._next_probe - self._clock())
        raise ConsultFailed(
            FailureKind.BREAKER_OPEN,
            f"{self.name} failed {self._failures} times in a row, last: {self._last}; "
            f"tried again in {wait:.1f} s",
            retry_after_s=wait,
        )
