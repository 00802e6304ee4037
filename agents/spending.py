"""What one request may cost: reserved before it is sent, settled when it is known."""

from __future__ import annotations

import asyncio

from agents.budget import Budget, Reservation
from agents.failures import ConsultFailed, FailureKind

SETTLE_S = 0.15


class Spending:
    """Sets the most a request can cost aside, so that a budget is never overspent by one call.

    A cancelled request, and one whose usage is unknown, stay spent at the reserved amount. ``usd``
    is what was spent up to now; ``deadline`` is in loop time.
    """

    def __init__(self, budget: Budget, tokens: int, usd: float, deadline: float) -> None:
        self.usd = 0.0
        self._deadline = deadline
        self._budget = budget
        self._tokens = tokens
        self._most = usd
        self._held: Reservation | None = None

    async def reserve(self) -> None:
        """Set the amount aside, unless it already is.

        Raises:
            ConsultFailed: budget, also when the store of the budget does not answer.
        """
        if self._held is not None:
            return
        try:
            async with asyncio.timeout_at(self._deadline):
                self._held = await self._budget.reserve(self._tokens, self._most)
        except Exception as error:
            raise ConsultFailed(
                FailureKind.BUDGET, f"the budget could not be asked: {type(error).__name__}"
            ) from error
        if self._held is None:
            raise ConsultFailed(
                FailureKind.BUDGET, f"${self._most:.4f} more does not fit into the budget"
            )

    def failed(self, failure: ConsultFailed) -> None:
        """A failed attempt: if the host may charge for it, the reserved amount stays spent."""
        if failure.billable and self._held is not None:
            self.usd += self._held.usd
            self._held = None

    async def settle(self, usd: float | None) -> None:
        """The request is over. ``usd`` is its true cost, None when it is unknown.

        Bounded in time and never an error: what cannot be settled stays spent.
        """
        held, self._held = self._held, None
        if held is None:
            return
        if usd is None:
            self.usd += held.usd
            return
        self.usd += usd
        try:
            async with asyncio.timeout(SETTLE_S):
                await self._budget.settle(held, usd)
        except Exception:
            self.usd += held.usd - usd
