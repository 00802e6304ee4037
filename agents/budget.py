"""The budget a client asks before it sends, as a port; the persisted one lives in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from signalbox.domain.base import utc_now


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


class BudgetStore(Protocol):
    """What the ledger offers: each call is one transaction, shared by all processes."""

    def reserve(self, account: str, usd: float, limit_usd: float, now: datetime) -> str | None: ...

    def settle(self, reservation: str, usd: float) -> None: ...

    def spent(self, account: str, now: datetime) -> float: ...


class StoredBudget:
    """A limit on one account of the ledger. Its calls block, so that threads make them.

    A call whose caller is cancelled still ends in its thread: what it reserved stays spent.
    """

    def __init__(
        self,
        store: BudgetStore,
        account: str,
        limit_usd: float,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._account = account
        self._limit_usd = limit_usd
        self._clock = clock

    async def reserve(self, tokens: int, usd: float) -> Reservation | None:
        """A reservation in the ledger, or None when the limit would be passed."""
        key = await asyncio.to_thread(
            self._store.reserve, self._account, usd, self._limit_usd, self._clock()
        )
        return None if key is None else Reservation(key, usd)

    async def settle(self, reservation: Reservation, usd: float) -> None:
        """The true cost into the ledger."""
        await asyncio.to_thread(self._store.settle, reservation.key, usd)

    def spent(self) -> float:
        """US dollars settled or reserved today; blocks."""
        return self._store.spent(self._account, self._clock())
