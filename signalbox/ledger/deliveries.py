"""Deliveries: events noted for webhooks, taken under a lease, settled.

A process keeps its leases in rows: what it took and did not settle in time, because it died, is
taken by another. Within one webhook and subject a later event is not taken while an earlier one is
pending, so that a receiver sees a subject's events in their order.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from signalbox.domain.outcome import Event
from signalbox.domain.retrying import Retrying
from signalbox.domain.webhook import (
    Attempt,
    Batch,
    DeliveryState,
    Figures,
    Settled,
    Webhook,
    WebhookState,
)
from signalbox.ledger import circuits, outbox
from signalbox.ledger.database import Database
from signalbox.ledger.tables import outbox as events_table
from signalbox.ledger.webhook_tables import deliveries, webhooks
from signalbox.ledger.webhooks import webhook_of

LEASE_S = 30.0
"""Above the time that sending a batch can take."""
KEEP_DELIVERED = timedelta(days=7)
KEEP_DEAD = timedelta(days=30)
SWEPT_AT_ONCE = 1_000
TOO_OLD = "not delivered in time"
# How far a place may lag behind what was looked at and not wanted, before it is written.
LAG = 1_000

_ACTIVE = webhooks.c.state == WebhookState.ACTIVE.value
_PENDING = deliveries.c.state == DeliveryState.PENDING.value


class SqlDeliveries:
    """``signalbox.domain.webhook.Deliveries`` on the ledger's database."""

    def __init__(
        self, database: Database, retrying: Retrying = Retrying(), lease_s: float = LEASE_S
    ) -> None:
        self._database, self._retrying = database, retrying
        self._lease = timedelta(seconds=lease_s)
        # What this process has looked at beyond the stored place, and found nobody wants.
        self._seen: dict[str, int] = {}

    def fan_out(self, limit: int, now: datetime) -> int:
        """Note for the next events, at most ``limit``, which webhooks want them; how many events.

        The place of a webhook moves in the transaction that notes its deliveries: each event is
        noted once, whoever does it, and none is passed over.
        """
        with self._database.read() as connection:
            rows = connection.execute(select(webhooks).where(_ACTIVE)).all()
            if not rows:
                return 0
            places = {row.id: max(row.place, self._seen.get(row.id, 0)) for row in rows}
            # In order and without gaps to come; the lock it takes for that is gone with the read.
            found = outbox.after(connection, min(places.values()), limit)
        if not found:
            return 0
        last = found[-1].id or 0
        for row in rows:
            webhook = webhook_of(row)
            wanted = [e for e in found if (e.id or 0) > places[row.id] and webhook.wants(e)]
            if not wanted and last - row.place < LAG:
                self._seen[row.id] = max(last, places[row.id])
                continue
            if last > row.place:
                self._note(webhook, row.place, last, wanted, now)
        return len(found)

    def _note(
        self, webhook: Webhook, place: int, last: int, wanted: Sequence[Event], now: datetime
    ) -> None:
        until = now + timedelta(seconds=self._retrying.give_up_s)
        with self._database.write() as connection:
            moved = (
                update(webhooks)
                .where(webhooks.c.id == webhook.id, webhooks.c.place == place)
                .values(place=last)
            )
            if connection.execute(moved.returning(webhooks.c.id)).first() is None:
                return  # Another process has noted these meanwhile, or it was removed.
            new = {
                "webhook_id": webhook.id,
                "tenant": webhook.tenant,
                "state": DeliveryState.PENDING.value,
                "attempts": 0,
                "next_at": now,
                "until": until,
                "last_error": "",
                "created_at": now,
            }
            rows = [new | {"event_id": e.id, "type": e.type, "subject": e.subject} for e in wanted]
            if rows:
                connection.execute(insert(deliveries), rows)

    def due(self, now: datetime) -> list[str]:
        """The ids of webhooks that something could be sent to now."""
        query = select(webhooks.c.id).where(
            _ACTIVE,
            or_(webhooks.c.open_until.is_(None), webhooks.c.open_until <= now),
            select(deliveries.c.event_id)
            .where(deliveries.c.webhook_id == webhooks.c.id, *_takeable(now))
            .exists(),
        )
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(webhooks.c.id)).scalars())

    def claim(self, id: str, limit: int, now: datetime) -> Batch | None:
        """Take what is due for one webhook, at most ``limit``; one where its circuit is open."""
        lease = uuid.uuid4().hex
        until = now + self._lease
        with self._database.write() as connection:
            row = connection.execute(select(webhooks).where(webhooks.c.id == id, _ACTIVE)).first()
            if row is None:
                return None
            if row.open_until is not None:
                if not circuits.probe(connection, id, row.open_until, now, until):
                    return None
                limit = 1
            earlier = deliveries.alias("earlier")
            query = (
                select(deliveries.c.event_id, deliveries.c.attempts)
                .where(
                    deliveries.c.webhook_id == id,
                    *_takeable(now),
                    ~select(earlier.c.event_id)
                    .where(
                        earlier.c.webhook_id == id,
                        earlier.c.subject == deliveries.c.subject,
                        earlier.c.event_id < deliveries.c.event_id,
                        earlier.c.state == DeliveryState.PENDING.value,
                    )
                    .exists(),
                )
                .order_by(deliveries.c.event_id)
                .limit(limit)
                .with_for_update(skip_locked=True, of=deliveries)
            )
            taken: dict[int, int] = {
                one.event_id: one.attempts for one in connection.execute(query)
            }
            if not taken:
                return None
            connection.execute(
                update(deliveries)
                .where(deliveries.c.webhook_id == id, deliveries.c.event_id.in_(taken))
                .values(lease=lease, leased_until=until)
            )
            events = _events(connection, list(taken))
            lost = set(taken) - {event.id for event in events}
            if lost:
                _give_up(connection, id, lost, "the event is no longer kept", now)
        if not events:
            return None
        old_counts = row.old_secret is not None and row.old_until > now
        return Batch(
            lease=lease,
            webhook=webhook_of(row),
            secrets=(row.secret, row.old_secret) if old_counts else (row.secret,),
            events=tuple((event, taken[event.id or 0]) for event in events),
        )

    def settle(self, batch: Batch, attempts: Sequence[Attempt], now: datetime) -> Settled:
        """Record what came of a batch, as far as its lease still counts; count it on the circuit.

        An endpoint that says it is gone is disabled, and all that waits for it is dead.
        """
        tried = {event.id: before + 1 for event, before in batch.events}
        counts = dict.fromkeys(DeliveryState, 0)
        with self._database.write() as connection:
            row = circuits.lock(connection, batch.webhook.id)
            for one in attempts:
                known = connection.execute(
                    select(deliveries.c.until).where(*_mine(batch, one.event_id))
                ).first()
                if known is None:
                    continue
                values = self._after(one, tried[one.event_id], known.until, now)
                connection.execute(
                    update(deliveries).where(*_mine(batch, one.event_id)).values(values)
                )
                counts[DeliveryState(values["state"])] += 1
            gone = next((one for one in attempts if one.gone), None)
            if row is not None and gone is not None:
                counts[DeliveryState.DEAD] += circuits.disable(connection, row, gone.error, now)
            elif row is not None:
                circuits.count(connection, row, attempts, now, self._retrying)
        return Settled(
            counts[DeliveryState.DELIVERED],
            counts[DeliveryState.PENDING],
            counts[DeliveryState.DEAD],
        )

    def _after(self, one: Attempt, tried: int, until: datetime, now: datetime) -> dict[str, Any]:
        values: dict[str, Any] = {
            "attempts": tried,
            "last_status": one.status,
            "last_error": one.error,
            "lease": None,
            "leased_until": None,
        }
        if one.ok:
            return values | {"state": DeliveryState.DELIVERED.value, "settled_at": now}
        next_at = now + timedelta(seconds=self._retrying.wait_s(tried, one.retry_after_s))
        if one.gone or tried >= self._retrying.most_attempts or next_at >= until:
            return values | {"state": DeliveryState.DEAD.value, "settled_at": now}
        return values | {"state": DeliveryState.PENDING.value, "next_at": next_at}

    def sweep(self, now: datetime) -> int:
        """Give up what is too old, forget what was settled long ago; how many rows that touched."""
        old = and_(_PENDING, deliveries.c.until <= now, *_takeable(now, whenever=True))
        dead = {"state": DeliveryState.DEAD.value, "settled_at": now, "last_error": TOO_OLD}
        touched = 0
        with self._database.write() as connection:
            chosen = _some(old)
            done = update(deliveries).where(_key_in(chosen)).values(dead)
            touched += len(connection.execute(done.returning(deliveries.c.event_id)).all())
            for state, keep in (
                (DeliveryState.DELIVERED, KEEP_DELIVERED),
                (DeliveryState.DEAD, KEEP_DEAD),
            ):
                past = and_(deliveries.c.state == state.value, deliveries.c.settled_at < now - keep)
                gone = delete(deliveries).where(_key_in(_some(past)))
                touched += len(connection.execute(gone.returning(deliveries.c.event_id)).all())
        return touched

    def figures(self, now: datetime) -> Figures:
        """Where everything stands, over all tenants. Counts only what is not delivered."""
        with self._database.read() as connection:
            pending, oldest = connection.execute(
                select(func.count(), func.min(deliveries.c.created_at)).where(_PENDING)
            ).one()
            is_dead = deliveries.c.state == DeliveryState.DEAD.value
            dead = connection.scalar(select(func.count()).where(is_dead)) or 0
            rows = connection.execute(
                select(webhooks.c.id, webhooks.c.state, webhooks.c.place, webhooks.c.open_until)
            ).all()
            last = connection.scalar(select(func.max(events_table.c.id))) or 0
        active = [row for row in rows if row.state == WebhookState.ACTIVE.value]
        places = [max(row.place, self._seen.get(row.id, 0)) for row in active]
        return Figures(
            pending=pending,
            dead=dead,
            oldest=oldest,
            open=sum(row.open_until is not None and row.open_until > now for row in active),
            disabled=len(rows) - len(active),
            behind=max((max(0, last - place) for place in places), default=0),
        )


def _takeable(now: datetime, *, whenever: bool = False) -> list[Any]:
    """Pending, its time come, and nobody's lease on it."""
    free = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= now)
    return [_PENDING, free] if whenever else [_PENDING, deliveries.c.next_at <= now, free]


def _mine(batch: Batch, event_id: int) -> list[Any]:
    return [
        deliveries.c.webhook_id == batch.webhook.id,
        deliveries.c.event_id == event_id,
        deliveries.c.lease == batch.lease,
    ]


def _give_up(connection: Connection, id: str, events: set[int], why: str, now: datetime) -> None:
    dead = {"state": DeliveryState.DEAD.value, "settled_at": now, "last_error": why, "lease": None}
    these = (deliveries.c.webhook_id == id, deliveries.c.event_id.in_(events))
    connection.execute(update(deliveries).where(*these).values(dead))


def _some(condition: Any) -> Any:
    keys = select(deliveries.c.webhook_id, deliveries.c.event_id).where(condition)
    return keys.limit(SWEPT_AT_ONCE).subquery()


def _key_in(chosen: Any) -> Any:
    return (
        select(1)
        .where(
            chosen.c.webhook_id == deliveries.c.webhook_id,
            chosen.c.event_id == deliveries.c.event_id,
        )
        .exists()
    )


def _events(connection: Connection, ids: list[int]) -> list[Event]:
    query = select(events_table).where(events_table.c.id.in_(ids)).order_by(events_table.c.id)
    return [Event.model_validate(dict(row._mapping)) for row in connection.execute(query)]
