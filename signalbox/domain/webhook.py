"""Webhooks: where events are sent, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field, StringConstraints

from signalbox.domain.access import HOME
from signalbox.domain.base import Identifier, Moment, Value
from signalbox.domain.outcome import Event

TypeFilter = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^(\*|[a-z][a-z_]*(\.[a-z][a-z_]*)*(\.\*)?)$")
]
"""``*``, one type such as ``decision.committed``, or a family such as ``decision.*``."""
ADMINISTRATIVE = ("key.", "webhook.")
"""Types that begin so tell of the administration of a tenant, and are for its administrators."""


class WebhookState(StrEnum):
    """A disabled one is sent nothing, and is kept with what it was not sent."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """Pending until the endpoint has confirmed; dead when it was given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Webhook(Value):
    """An endpoint as it is stored; its secret is never part of it."""

    id: Identifier
    tenant: Identifier = HOME
    url: str
    types: tuple[TypeFilter, ...] = ("*",)
    state: WebhookState = WebhookState.ACTIVE
    reason: str = Field(default="", description="why it is disabled")
    created_at: Moment
    failures: int = Field(default=0, description="failed attempts since the last that succeeded")
    open_until: Moment | None = Field(
        default=None, description="after failures in a row it is left alone until then"
    )

    def wants(self, event: Event) -> bool:
        """Whether ``event`` is of its tenant and of a type that it asks for."""
        return event.tenant == self.tenant and matches(self.types, event.type)


class Delivery(Value):
    """One event on its way to one webhook. ``event_id`` is the id in the outbox."""

    webhook_id: Identifier
    event_id: int
    tenant: Identifier
    type: str
    subject: str
    state: DeliveryState
    attempts: int
    next_at: Moment
    last_status: int | None = None
    last_error: str = ""
    created_at: Moment
    settled_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one process has taken to send, under a lease. ``attempts`` are those before.

    ``secrets`` are all that count at present, the newest first.
    """

    lease: str
    webhook: Webhook
    secrets: tuple[str, ...]
    events: tuple[tuple[Event, int], ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending one event. ``status`` is None where there was no answer at all."""

    event_id: int
    status: int | None
    error: str = ""
    retry_after_s: float | None = None
    gone: bool = False

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Settled:
    """How many of a batch were delivered, are to be tried again, and were given up."""

    delivered: int = 0
    again: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Deliveries that wait and that were given up, since when the oldest waits; endpoints that are
    left alone for now, and disabled ones; events that a webhook has yet to be held against."""

    pending: int
    dead: int
    oldest: datetime | None
    open: int
    disabled: int
    behind: int


def matches(types: Sequence[str], type: str) -> bool:
    """Whether a type is among those of a filter."""
    return any(
        one == "*" or one == type or (one.endswith(".*") and type.startswith(one[:-1]))
        for one in types
    )


class Webhooks(Protocol):
    """Webhooks in the ledger, for those who administer them. NotFound for another tenant's."""

    def add(self, webhook: Webhook, secret: str) -> Webhook:
        """Store it, with its event, which is the first that it is sent. Conflict over too many."""
        ...

    def find(self, tenant: str, id: str) -> Webhook: ...

    def all(self, tenant: str | None) -> list[Webhook]:
        """Oldest first; every tenant's when ``tenant`` is None."""
        ...

    def remove(self, tenant: str, id: str) -> Webhook:
        """Forget it and all its deliveries, with an event."""
        ...

    def rotate(self, tenant: str, id: str, secret: str, old_until: datetime) -> Webhook:
        """Sign with ``secret`` from now on, and with the one before too until ``old_until``."""
        ...

    def deliveries(
        self, tenant: str, id: str, *, state: DeliveryState | None, after: int, limit: int
    ) -> list[Delivery]:
        """In the order of the events, those of an id above ``after``."""
        ...

    def replay(self, tenant: str, id: str, events: Sequence[int] | None, now: datetime) -> int:
        """Make dead deliveries pending again, all or the named ones, and the webhook active; how
        many."""
        ...


class Deliveries(Protocol):
    """The work of delivering, shared among any number of processes."""

    def fan_out(self, limit: int, now: datetime) -> int:
        """Note for the next events which webhooks want them; how many were looked at."""
        ...

    def due(self, now: datetime) -> list[str]:
        """The ids of webhooks that something could be sent to now."""
        ...

    def claim(self, id: str, limit: int, now: datetime) -> Batch | None:
        """Take what is due for one webhook, so that nobody else sends it meanwhile."""
        ...

    def settle(self, batch: Batch, attempts: Sequence[Attempt], now: datetime) -> Settled:
        """Record what came of a batch, as far as its lease still counts."""
        ...

    def sweep(self, now: datetime) -> int:
        """Give up what is too old, forget what was settled long ago; how many rows that touched."""
        ...

    def figures(self, now: datetime) -> Figures:
        """Where everything stands, over all tenants."""
        ...
