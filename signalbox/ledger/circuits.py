"""The circuit of a webhook: an endpoint that keeps failing is only probed until it answers.

It lies in the webhook's row, so that all processes leave the endpoint alone, and one probes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from signalbox.domain.retrying import Retrying
from signalbox.domain.webhook import Attempt, DeliveryState, WebhookState
from signalbox.ledger.webhook_tables import deliveries, webhooks
from signalbox.ledger.webhooks import DISABLED, tell, webhook_of


def probe(connection: Connection, id: str, seen: datetime, now: datetime, until: datetime) -> bool:
    """Whether this caller may send one event to an endpoint whose circuit is open."""
    if seen > now:
        return False
    mine = update(webhooks).where(webhooks.c.id == id, webhooks.c.open_until == seen)
    mine = mine.values(open_until=until)
    return connection.execute(mine.returning(webhooks.c.id)).first() is not None


def lock(connection: Connection, id: str) -> Row[Any] | None:
    """The row of a webhook until the end of the transaction; None where it was removed."""
    return connection.execute(select(webhooks).where(webhooks.c.id == id).with_for_update()).first()


def count(
    connection: Connection,
    row: Row[Any],
    attempts: Sequence[Attempt],
    now: datetime,
    retrying: Retrying,
) -> None:
    """Count a batch: one success closes the circuit, failures in a row open it."""
    if not attempts:
        return
    if any(one.ok for one in attempts):
        if row.failures == 0 and row.open_until is None:
            return
        values: dict[str, Any] = {"failures": 0, "open_until": None}
        if row.open_until is not None:
            # It is there again: what was to be tried later need not wait.
            connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.webhook_id == row.id,
                    deliveries.c.state == DeliveryState.PENDING.value,
                    deliveries.c.next_at > now,
                )
                .values(next_at=now)
            )
    else:
        # A batch that was under way at once says one thing, however large it is.
        failures = row.failures + 1
        values = {"failures": failures}
        left_alone = retrying.open_s(failures)
        if left_alone:
            values["open_until"] = now + timedelta(seconds=left_alone)
    connection.execute(update(webhooks).where(webhooks.c.id == row.id).values(values))


def disable(connection: Connection, row: Row[Any], reason: str, now: datetime) -> int:
    """Send nothing more to a webhook, and give up what waits for it; how much that was."""
    dead = (
        update(deliveries)
        .where(deliveries.c.webhook_id == row.id, deliveries.c.state == DeliveryState.PENDING.value)
        .values(
            state=DeliveryState.DEAD.value,
            settled_at=now,
            last_error=reason,
            lease=None,
            leased_until=None,
        )
    )
    given_up = connection.execute(dead.returning(deliveries.c.event_id)).all()
    if row.state == WebhookState.DISABLED.value:
        return len(given_up)
    connection.execute(
        update(webhooks)
        .where(webhooks.c.id == row.id)
        .values(state=WebhookState.DISABLED.value, reason=reason)
    )
    tell(connection, DISABLED, webhook_of(row).model_copy(update={"reason": reason}))
    return len(given_up)
