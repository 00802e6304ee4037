"""Letting go of what is old: events, and remembered answers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Pruning(Protocol):
    """Letting go in the ledger, a little at a time, so that no commit waits long."""

    def events_before(self, before: datetime) -> int:
        """How many events ``prune_events`` would delete in all."""
        ...

    def prune_events(self, before: datetime, limit: int) -> int:
        """Delete at most ``limit`` sealed events of the common kinds from before ``before``.

        Their places in the chain stay. How many there were; 0 when none is left.
        """
        ...

    def forget_keys(self, now: datetime) -> int:
        """Forget the answers that need not be remembered any longer; how many there were."""
        ...
