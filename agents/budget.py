"""The budget a client asks before it sends, as a port; the persisted one lives in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount set aside for one request, in US dollars. ``key`` is the store's name for it."""

    key: str
    usd: float


class Budget(Protocol):
    """Reserve before, settle after. What is never settled stays spent, as after a crash."""

    async def reserve(self, tokens: int, usd: float) -> Reservation | None:
        """Set ``usd`` aside for at most ``tokens`` tokens, or None when it would not fit."""

    async def settle(self, reservation: Reservation, usd: float) -> None:
        """Replace the amount set aside by what was truly spent."""


class NoBudget:
    """Unlimited: nothing is counted."""

    async def reserve(self, tokens: int, usd: float) -> Reservation | None:
        """Always granted."""
        return Reservation("", usd)

    async def settle(self, reservation: Reservation, usd: float) -> None:
        """Nothing to do."""
