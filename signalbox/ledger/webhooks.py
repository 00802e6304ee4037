"""Webhooks, as those who administer them see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.outcome import Event
from signalbox.domain.retrying import Retrying
from signalbox.domain.webhook import Delivery, DeliveryState, Webhook, WebhookState
from signalbox.ledger import outbox
from signalbox.ledger.database import Database
from signalbox.ledger.webhook_tables import deliveries, webhooks

ADDED, REMOVED = "webhook.added", "webhook.removed"
ROTATED, DISABLED, ENABLED = "webhook.rotated", "webhook.disabled", "webhook.enabled"
MOST = 100
"""Webhooks of one tenant: every event is held against each."""


class SqlWebhooks:
    """``signalbox.domain.webhook.Webhooks`` on the ledger's database."""

    def __init__(self, database: Database, retrying: Retrying = Retrying()) -> None:
        self._database, self._retrying = database, retrying

    def add(self, webhook: Webhook, secret: str) -> Webhook:
        """Store it, with its event, which is the first that it is sent. Conflict over too many."""
        with self._database.write() as connection:
            count = select(func.count()).where(webhooks.c.tenant == webhook.tenant)
            if (connection.scalar(count) or 0) >= MOST:
                raise Conflict(
                    f"there are {MOST} webhooks already", hint="remove one that is not needed"
                )
            row = webhook.model_dump(exclude={"types", "state"}) | {
                "types": list(webhook.types),
                "state": webhook.state.value,
                "secret": secret,
                # Whatever is on its way now and commits later is above it.
                "place": outbox.head(connection),
            }
            connection.execute(insert(webhooks), row)
            tell(connection, ADDED, webhook)
        return webhook

    def find(self, tenant: str, id: str) -> Webhook:
        """The webhook of that id. NotFound, also where it is another tenant's."""
        with self._database.read() as connection:
            return _the(connection, tenant, id)

    def all(self, tenant: str | None) -> list[Webhook]:
        """Oldest first; every tenant's when ``tenant`` is None."""
        query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
        if tenant is not None:
            query = query.where(webhooks.c.tenant == tenant)
        with self._database.read() as connection:
            return [webhook_of(row) for row in connection.execute(query)]

    def remove(self, tenant: str, id: str) -> Webhook:
        """Forget it and all its deliveries, with an event. NotFound."""
        with self._database.write() as connection:
            found = _the(connection, tenant, id, lock=True)
            connection.execute(delete(deliveries).where(deliveries.c.webhook_id == id))
            connection.execute(delete(webhooks).where(webhooks.c.id == id))
            tell(connection, REMOVED, found)
        return found

    def rotate(self, tenant: str, id: str, secret: str, old_until: datetime) -> Webhook:
        """Sign with ``secret`` from now on, and with the one before too until ``old_until``."""
        with self._database.write() as connection:
            found = _the(connection, tenant, id, lock=True)
            new = {
                "old_secret": webhooks.c.secret,
                "old_until": old_until,
                "secret": secret,
            }
            connection.execute(update(webhooks).where(webhooks.c.id == id).values(new))
            tell(connection, ROTATED, found)
        return found

    def deliveries(
        self, tenant: str, id: str, *, state: DeliveryState | None, after: int, limit: int
    ) -> list[Delivery]:
        """In the order of the events, those of an id above ``after``. NotFound."""
        query = (
            select(deliveries)
            .where(deliveries.c.webhook_id == id, deliveries.c.event_id > after)
            .order_by(deliveries.c.event_id)
            .limit(limit)
        )
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        with self._database.read() as connection:
            _the(connection, tenant, id)
            return [_delivery_of(row) for row in connection.execute(query)]

    def replay(self, tenant: str, id: str, events: Sequence[int] | None, now: datetime) -> int:
        """Make dead deliveries pending again, all or the named ones, and the webhook active.

        They have the whole time and all attempts again. NotFound; how many there were.
        """
        again = {
            "state": DeliveryState.PENDING.value,
            "attempts": 0,
            "next_at": now,
            "until": now + timedelta(seconds=self._retrying.give_up_s),
            "lease": None,
            "leased_until": None,
            "settled_at": None,
        }
        dead = update(deliveries).where(
            deliveries.c.webhook_id == id, deliveries.c.state == DeliveryState.DEAD.value
        )
        if events is not None:
            dead = dead.where(deliveries.c.event_id.in_(events))
        with self._database.write() as connection:
            found = _the(connection, tenant, id, lock=True)
            done = connection.execute(dead.values(again).returning(deliveries.c.event_id)).all()
            closed = {"state": "active", "reason": "", "failures": 0, "open_until": None}
            connection.execute(update(webhooks).where(webhooks.c.id == id).values(closed))
            if found.state is WebhookState.DISABLED:
                tell(connection, ENABLED, found)
        return len(done)


def tell(connection: Connection, what: str, webhook: Webhook) -> None:
    """The event of a change: without the path of its address, which may hold a password."""
    address = urlsplit(webhook.url)
    data: dict[str, Any] = {
        "id": webhook.id,
        "endpoint": f"{address.scheme}://{address.netloc}",
        "types": list(webhook.types),
    }
    if webhook.reason:
        data["reason"] = webhook.reason
    event = Event(tenant=webhook.tenant, type=what, subject=f"webhook:{webhook.id}", data=data)
    outbox.append(connection, event)


def webhook_of(row: Row[Any]) -> Webhook:
    """The value of a row, without its secrets."""
    return Webhook.model_validate({name: getattr(row, name) for name in Webhook.model_fields})


def _the(connection: Connection, tenant: str, id: str, *, lock: bool = False) -> Webhook:
    query = select(webhooks).where(webhooks.c.id == id, webhooks.c.tenant == tenant)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"there is no webhook '{id}'", hint="`signalbox webhooks list` shows them")
    return webhook_of(row)


def _delivery_of(row: Row[Any]) -> Delivery:
    return Delivery.model_validate({name: getattr(row, name) for name in Delivery.model_fields})
