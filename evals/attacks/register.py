"""The order book and the till: the trusted context that ids are resolved in."""

from __future__ import annotations

from evals.attacks.cases import Case, Claim


class Register:
    """Claims by order, and what was paid. ``paid_today`` is in the currency of the claims.

    The till is filled from committed decisions. Days are the bench's own: a run that lasts minutes
    sees thousands of them.
    """

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}
        self.day = 0
        self.begun = self.paid_today = 0.0

    def new_day(self, paid: float = 0.0) -> None:
        """Begin a day in which ``paid`` went out already."""
        self.day += 1
        self.begun = self.paid_today = paid

    def enter(self, case: Case) -> None:
        """Put the case's line into the book."""
        if case.claim is not None:
            self._claims[case.order] = case.claim

    def claim(self, order: str) -> Claim | None:
        """The line of an order; None for one that is not in the book."""
        return self._claims.get(order)

    def pay(self, amount: float) -> float:
        """Note a payment without a person; what the day comes to with it."""
        self.paid_today = round(self.paid_today + amount, 2)
        return self.paid_today
