"""Figures of the ledger for monitoring: cheap to read, whatever it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

Tally = Mapping[tuple[str, str, bool], int]
"""Decisions by source, status and whether they were automatic."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the ledger stands, over all tenants.

    ``unsealed`` are events that the audit chain does not cover yet, ``last_event`` the id of the
    newest.
    """

    waiting: int = 0
    oldest_waiting: datetime | None = None
    last_event: int = 0
    unsealed: int = 0


@dataclass(slots=True)
class Tallied:
    """Decisions after a place in the outbox, and the place that was counted up to."""

    counts: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    place: int = 0


class LedgerFigures(Protocol):
    """Read when somebody asks for metrics."""

    def standing(self) -> Standing: ...

    def tally(self, after: int) -> Tallied:
        """Count decisions whose events come after a place; none is passed over."""
        ...
