"""Webhooks: where events are sent, and what could not be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field

from api.routes.common import Caller, Engine, Id, problems
from api.schemas import Body, whole
from signalbox.delivery.addresses import MAX_URL
from signalbox.delivery.registering import new_webhook
from signalbox.delivery.signing import new_secret
from signalbox.domain.base import utc_now
from signalbox.domain.webhook import Delivery, DeliveryState, TypeFilter, Webhook
from signalbox.parts import read_address_rules

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

_POST = (400, 409, 413, 415)


EventId = Annotated[int, Field(ge=1, le=2**53, strict=True), BeforeValidator(whole)]


class WebhookIn(Body):
    """Where to send, and which types: ``*``, one such as ``decision.committed``, ``decision.*``."""

    url: str = Field(max_length=MAX_URL, pattern=r"^https?://[!-~]+$")
    types: list[TypeFilter] = Field(default=["*"], min_length=1, max_length=20)


class RotateIn(Body):
    """For how long the secret so far signs as well."""

    overlap_hours: float = Field(default=24.0, ge=0, le=720, strict=True)


class ReplayIn(Body):
    """Which of the dead deliveries to send again; without ``events`` all of them."""

    events: list[EventId] | None = Field(default=None, min_length=1, max_length=1_000)


class SecretOut(BaseModel):
    """The secret that deliveries are signed with. It is shown here and never again."""

    secret: str
    webhook: Webhook
    old_until: datetime | None = None


class WebhooksOut(BaseModel):
    """Oldest first."""

    webhooks: list[Webhook]


class DeliveriesOut(BaseModel):
    """``next`` is to be given as ``after`` for more; None at the end."""

    deliveries: list[Delivery]
    next: int | None = None


class ReplayOut(BaseModel):
    """How many are sent again."""

    replayed: int


@router.post("", status_code=201, response_model=SecretOut, responses=problems(*_POST))
async def add_webhook(engine: Engine, caller: Caller, body: WebhookIn) -> SecretOut:
    """Send events from now on to an address; the first is that of the registration itself."""
    rules = read_address_rules(engine.settings)
    webhook, secret = new_webhook(body.url, body.types, caller.tenant, rules, utc_now())
    stored = await engine.writes.run(engine.ledger.webhooks.add, webhook, secret)
    return SecretOut(secret=secret, webhook=stored)


@router.get("", response_model=WebhooksOut, responses=problems())
async def list_webhooks(engine: Engine, caller: Caller) -> WebhooksOut:
    """All webhooks of the tenant, and whether they can be reached."""
    found = await engine.reads.run(engine.ledger.webhooks.all, caller.tenant)
    return WebhooksOut(webhooks=found)


@router.get("/{webhook_id}", response_model=Webhook, responses=problems(404))
async def get_webhook(engine: Engine, caller: Caller, webhook_id: Id) -> Webhook:
    """One webhook."""
    return await engine.reads.run(engine.ledger.webhooks.find, caller.tenant, webhook_id)


@router.delete("/{webhook_id}", response_model=Webhook, responses=problems(404))
async def remove_webhook(engine: Engine, caller: Caller, webhook_id: Id) -> Webhook:
    """Send nothing more to it, and forget what it was not sent."""
    return await engine.writes.run(engine.ledger.webhooks.remove, caller.tenant, webhook_id)


@router.post("/{webhook_id}/rotate", response_model=SecretOut, responses=problems(*_POST, 404))
async def rotate_webhook(
    engine: Engine, caller: Caller, webhook_id: Id, body: RotateIn
) -> SecretOut:
    """Sign with a new secret, and for a while with the old one too."""
    secret, until = new_secret(), utc_now() + timedelta(hours=body.overlap_hours)
    stored = await engine.writes.run(
        engine.ledger.webhooks.rotate, caller.tenant, webhook_id, secret, until
    )
    return SecretOut(secret=secret, webhook=stored, old_until=until)


@router.get("/{webhook_id}/deliveries", response_model=DeliveriesOut, responses=problems(404))
async def list_deliveries(
    engine: Engine,
    caller: Caller,
    webhook_id: Id,
    state: DeliveryState | None = None,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DeliveriesOut:
    """What was sent, is to be sent, and was given up, in the order of the events."""
    wanted: dict[str, Any] = {"state": state, "after": after, "limit": limit}

    def read() -> list[Delivery]:
        return engine.ledger.webhooks.deliveries(caller.tenant, webhook_id, **wanted)

    found = await engine.reads.run(read)
    more = found[-1].event_id if len(found) == limit else None
    return DeliveriesOut(deliveries=found, next=more)


@router.post("/{webhook_id}/replay", response_model=ReplayOut, responses=problems(*_POST, 404))
async def replay(engine: Engine, caller: Caller, webhook_id: Id, body: ReplayIn) -> ReplayOut:
    """Send what was given up once more, and go on with a webhook that was disabled."""
    count = await engine.writes.run(
        engine.ledger.webhooks.replay, caller.tenant, webhook_id, body.events, utc_now()
    )
    return ReplayOut(replayed=count)
