"""The budget port over a ledger, and what a request does with it."""

import asyncio
from datetime import UTC, datetime

import pytest

from agents.budget import NoBudget, Reservation, StoredBudget
from agents.failures import ConsultFailed, FailureKind
from agents.spending import Spending

NOW = datetime(2026, 1, 31, tzinfo=UTC)


class Store:
    """Two methods of a ledger, in memory."""

    def __init__(self):
        self.calls = []

    def reserve(self, account, usd, limit_usd, now):
        self.calls.append((account, usd, limit_usd, now))
        return "r1" if usd <= limit_usd else None

    def settle(self, reservation, usd):
        self.calls.append((reservation, usd))


def test_the_ledger_is_asked_with_account_limit_and_time():
    store = Store()
    budget = StoredBudget(store, "consult", 0.5, lambda: NOW)

    async def main():
        held = await budget.reserve(1000, 0.2)
        await budget.settle(held, 0.1)
        return held, await budget.reserve(1000, 0.6)

    held, refused = asyncio.run(main())
    assert held == Reservation("r1", 0.2)
    assert refused is None
    assert store.calls == [
        ("consult", 0.2, 0.5, NOW),
        ("r1", 0.1),
        ("consult", 0.6, 0.5, NOW),
    ]


def spending(budget, usd=0.2):
    return Spending(budget, 100, usd, asyncio.get_running_loop().time() + 5)


def test_a_reservation_is_made_once_and_kept_for_the_next_attempt():
    store = Store()

    async def main():
        found = spending(StoredBudget(store, "a", 1, lambda: NOW))
        await found.reserve()
        found.failed(ConsultFailed(FailureKind.SERVER_ERROR, "x"))
        await found.reserve()
        await found.settle(0.0)
        return found.usd

    assert asyncio.run(main()) == 0.0
    assert len(store.calls) == 2


def test_an_attempt_that_may_be_charged_costs_what_was_reserved():
    store = Store()

    async def main():
        found = spending(StoredBudget(store, "a", 1, lambda: NOW))
        await found.reserve()
        found.failed(ConsultFailed(FailureKind.TIMEOUT, "x", billable=True))
        await found.settle(0.0)
        return found.usd

    assert asyncio.run(main()) == 0.2
    assert len(store.calls) == 1


def test_what_cannot_be_settled_stays_spent():
    class Locked(NoBudget):
        async def settle(self, reservation, usd):
            raise OSError("locked")

    async def main():
        found = spending(Locked())
        await found.reserve()
        await found.settle(0.01)
        return found.usd

    assert asyncio.run(main()) == pytest.approx(0.2)


def test_nothing_reserved_is_nothing_to_settle():
    async def main():
        found = spending(NoBudget())
        await found.settle(0.5)
        return found.usd

    assert asyncio.run(main()) == 0.0
