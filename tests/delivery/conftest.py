"""A ledger on either database, with a post office: its webhooks, a clock and a deliverer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from graphs.lanes import Lanes
from signalbox.delivery.addresses import AddressRules
from signalbox.delivery.deliverer import Deliverer
from signalbox.delivery.registering import new_webhook
from signalbox.delivery.sender import HttpSender
from signalbox.domain.retrying import Retrying
from signalbox.domain.webhook import Delivery, DeliveryState, Webhook
from signalbox.ledger.deliveries import SqlDeliveries
from signalbox.ledger.store import SqlLedger
from signalbox.ledger.webhooks import SqlWebhooks
from tests.delivery.receiver import Receiver, receiving
from tests.ledger import conftest as ledgers
from tests.ledger.make import NOON, a_decision, a_task

migrated_file, migrated_postgres = ledgers.migrated_file, ledgers.migrated_postgres
url, ledger = ledgers.url, ledgers.ledger


class Office:
    """What a test does with webhooks, in one place. Its clock stands still unless told."""

    def __init__(self, ledger: SqlLedger, retrying: Retrying, timeout_s: float = 2.0) -> None:
        self.ledger, self.now = ledger, NOON
        self.webhooks = SqlWebhooks(ledger._database, retrying)
        self.deliveries = SqlDeliveries(ledger._database, retrying)
        self.timeout_s = timeout_s
        self.rules = AddressRules()

    def clock(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def hook(self, address: str, *types: str, tenant: str = "default") -> tuple[Webhook, str]:
        webhook, secret = new_webhook(
            address, types or ("decision.*",), tenant, self.rules, self.now
        )
        return self.webhooks.add(webhook, secret), secret

    def commit(self, *subjects: str, tenant: str = "default") -> None:
        for subject in subjects:
            name, _, epoch = subject.partition("/")
            self.ledger.commit(a_task(name, tenant), a_decision(name, tenant, int(epoch or 1)))

    def run(self, rounds: int = 1, patience_s: float = 10.0) -> int:
        """So many rounds of one deliverer, each until all is done."""

        async def all_of_it() -> int:
            lanes = Lanes(one_writer=True)
            deliverer = Deliverer(
                self.deliveries,
                HttpSender(self.rules, timeout_s=self.timeout_s),
                lanes.reads,
                lanes.writes,
                self.clock,
            )
            done = 0
            for _ in range(rounds):
                done += await deliverer.run_once(patience_s)
            await deliverer.aclose()
            lanes.close()
            return done

        return asyncio.run(all_of_it())

    def all(self, webhook: Webhook, state: DeliveryState | None = None) -> list[Delivery]:
        return self.webhooks.deliveries(
            webhook.tenant, webhook.id, state=state, after=0, limit=1_000
        )


@pytest.fixture
def office(ledger: SqlLedger) -> Office:
    return Office(ledger, Retrying(most_attempts=6))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def another() -> Iterator[Receiver]:
    """A second one."""
    with receiving() as one:
        yield one
