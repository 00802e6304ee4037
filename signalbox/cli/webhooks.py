"""``signalbox webhooks``: where events are sent, and what could not be."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from signalbox.cli.opening import Db, open_ledger
from signalbox.cli.output import AsJson, emit, table
from signalbox.domain.access import HOME
from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput
from signalbox.domain.webhook import DeliveryState, Webhook

app = typer.Typer(help="Send events to other systems, and see what arrived.", no_args_is_help=True)
Tenant = Annotated[str, typer.Option(help="whose events")]
Id = Annotated[str, typer.Argument(help="the id, as `webhooks list` shows it")]
COLUMNS = ("id", "url", "types", "tenant", "state", "reason", "failures", "open_until")
DEAD = ("event_id", "type", "subject", "attempts", "last_status", "last_error", "settled_at")
ONCE = "It is not shown again: give it to the receiver, which checks signatures with it."


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="where to POST to, https")],
    type: Annotated[
        list[str] | None, typer.Option(help="decision.committed, decision.* ...; default: all")
    ] = None,
    tenant: Tenant = HOME,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Send events from now on to an address, and show the secret they are signed with, once."""
    from signalbox.delivery.registering import new_webhook
    from signalbox.parts import read_address_rules
    from signalbox.settings import read_settings

    try:
        webhook, secret = new_webhook(
            url, type or ["*"], tenant, read_address_rules(read_settings(db=db)), utc_now()
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            f"--{str(first['loc'][0]).rstrip('s')}: {first['msg']}",
            hint="types are such as decision.committed or decision.*",
        ) from None
    with open_ledger(db, new=True) as (_, ledger):
        ledger.webhooks.add(webhook, secret)
    row = {"secret": secret, **_row(webhook)}
    emit(row, as_json, lambda: f"{secret}\n{table(row, COLUMNS)}\n{ONCE}")


@app.command("list")
def list_webhooks(
    tenant: Annotated[str | None, typer.Option(help="default: every tenant's")] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """All webhooks, and whether they can be reached. Never their secrets."""
    with open_ledger(db) as (_, ledger):
        rows = [_row(one) for one in ledger.webhooks.all(tenant)]
    emit(
        {"webhooks": rows},
        as_json,
        lambda: "\n\n".join(table(row, COLUMNS) for row in rows) or "no webhooks",
    )


@app.command("remove")
def remove(id: Id, tenant: Tenant = HOME, db: Db = None, as_json: AsJson = False) -> None:
    """Send nothing more to it, and forget what it was not sent."""
    with open_ledger(db) as (_, ledger):
        row = _row(ledger.webhooks.remove(tenant, id))
    emit(row, as_json, lambda: table(row, COLUMNS))


@app.command("rotate")
def rotate(
    id: Id,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="how long the old secret signs as well")
    ] = 24.0,
    tenant: Tenant = HOME,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Sign with a new secret, and show it, once."""
    from signalbox.delivery.signing import new_secret

    secret = new_secret()
    with open_ledger(db) as (_, ledger):
        until = utc_now() + timedelta(hours=overlap_hours)
        webhook = ledger.webhooks.rotate(tenant, id, secret, until)
    row = {"secret": secret, "old_until": until.isoformat(), **_row(webhook)}
    emit(row, as_json, lambda: f"{secret}\n{table(row, COLUMNS)}\n{ONCE}")


@app.command("dead")
def dead(
    id: Id,
    after: Annotated[int, typer.Option(help="only events with an id above this")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    tenant: Tenant = HOME,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """What was given up, and why. `replay` sends it again."""
    with open_ledger(db) as (_, ledger):
        found = ledger.webhooks.deliveries(
            tenant, id, state=DeliveryState.DEAD, after=after, limit=limit
        )
    rows = [one.model_dump(mode="json") for one in found]
    emit(
        {"deliveries": rows},
        as_json,
        lambda: "\n\n".join(table(row, DEAD) for row in rows) or "nothing was given up",
    )


@app.command("replay")
def replay(
    id: Id,
    event: Annotated[
        list[int] | None, typer.Option(help="only this event_id; repeatable; default: all dead")
    ] = None,
    tenant: Tenant = HOME,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Send what was given up once more, and go on with a webhook that was disabled."""
    with open_ledger(db) as (_, ledger):
        count = ledger.webhooks.replay(tenant, id, event, utc_now())
    emit({"id": id, "replayed": count}, as_json, lambda: f"{count} are sent again")


def _row(webhook: Webhook) -> dict[str, Any]:
    return webhook.model_dump(mode="json")
