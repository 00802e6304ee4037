"""What went wrong a moment ago with a store, for whoever asks whether it may be relied on."""

from __future__ import annotations

import time

from signalbox.domain.errors import Unavailable

# A process that is at work writes every second, so one that can write again is soon known to.
TROUBLED_S = 5.0


class Trouble:
    """The last failure of one store, for ``TROUBLED_S`` at most. Shared between threads."""

    def __init__(self) -> None:
        self._last: tuple[float, Unavailable, bool] | None = None

    def note(self, error: Unavailable, *, lasting: bool) -> None:
        """``lasting``: that something succeeds afterwards does not mean that it is over, since on
        a disk that is all but full small things are still taken when larger ones are not."""
        self._last = (time.monotonic(), error, lasting)

    def succeeded(self) -> None:
        """Something was written."""
        last = self._last
        if last is not None and not last[2]:
            self._last = None

    def check(self) -> None:
        """Raise the failure that is not over yet."""
        last = self._last
        if last is not None and time.monotonic() - last[0] < TROUBLED_S:
            raise last[1]
