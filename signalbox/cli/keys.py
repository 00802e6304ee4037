"""``signalbox keys``: who may ask over HTTP."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from signalbox.cli.opening import Db, open_ledger
from signalbox.cli.output import AsJson, emit, table
from signalbox.domain.access import HOME, ApiKey, Permission, Role
from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput
from signalbox.domain.plain import name_problem

app = typer.Typer(help="Make, list and end the keys of the HTTP API.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="the id, as `keys list` shows it")]
COLUMNS = ("id", "name", "role", "tenant", "expires_at", "valid")


@app.command("create")
def create(
    role: Annotated[Role, typer.Option(help="viewer, operator, approver or admin")],
    name: Annotated[
        str | None, typer.Option(help="who acts with it; default: the user's name")
    ] = None,
    tenant: Annotated[str, typer.Option(help="whose tasks it is for")] = HOME,
    days: Annotated[float, typer.Option(min=0.001, max=3650, help="how long it counts")] = 90.0,
    scope: Annotated[
        list[Permission] | None, typer.Option(help="only this of what the role may; repeatable")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, once. From the first one on, every request needs one."""
    from signalbox.secrets import digest, new_key

    shown = name or getpass.getuser()
    if reason := name_problem(shown):
        raise BadInput(f"--name {reason}")
    scopes = frozenset(scope) if scope else None
    try:
        key, text = new_key(
            role, utc_now(), timedelta(days=days), name=shown, tenant=tenant, scopes=scopes
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            f"--{first['loc'][0]}: {first['msg']}", hint="use letters, digits and . _ - : @"
        ) from None
    with open_ledger(db, new=True) as (_, ledger):
        first_one = not ledger.api_keys.any()
        ledger.api_keys.add(key, digest(text))
    if first_one and role is not Role.ADMIN:
        typer.echo("every request now needs a key, and there is no admin's yet", err=True)
    row = {"key": text, **_row(key)}
    emit(row, as_json, lambda: f"{text}\n{table(row, COLUMNS)}\nIt is not shown again.")


@app.command("list")
def list_keys(db: Db = None, as_json: AsJson = False) -> None:
    """All keys of every tenant, those that no longer count too. Never their secrets."""
    with open_ledger(db) as (_, ledger):
        rows = [_row(key) for key in ledger.api_keys.all()]
    emit(
        {"keys": rows},
        as_json,
        lambda: "\n\n".join(table(row, COLUMNS) for row in rows) or "no keys",
    )


@app.command("revoke")
def revoke(id: Id, db: Db = None, as_json: AsJson = False) -> None:
    """End a key now. Every server knows within a second."""
    with open_ledger(db) as (_, ledger):
        row = _row(ledger.api_keys.end(id, utc_now()))
    emit(row, as_json, lambda: table(row, COLUMNS))


@app.command("rotate")
def rotate(
    id: Id,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=720, help="how long the old one goes on counting")
    ] = 24.0,
    days: Annotated[float, typer.Option(min=0.001, max=3650)] = 90.0,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Make a key like another one, and let that one run out."""
    from signalbox.secrets import digest, new_key

    with open_ledger(db) as (_, ledger):
        found = ledger.api_keys.find(id)
        if found is None or not found[0].valid(utc_now()):
            raise BadInput(f"there is no key '{id}' that counts", hint="see `signalbox keys list`")
        old, now = found[0], utc_now()
        key, text = new_key(
            old.role, now, timedelta(days=days), name=old.name, tenant=old.tenant,
            scopes=old.scopes,
        )  # fmt: skip
        ledger.api_keys.add(key, digest(text))
        ended = ledger.api_keys.end(id, now + timedelta(hours=overlap_hours))
    row = {"key": text, **_row(key), "old": _row(ended)}
    emit(row, as_json, lambda: f"{text}\n{table(row, COLUMNS)}\nIt is not shown again.")


def _row(key: ApiKey) -> dict[str, Any]:
    row = key.model_dump(mode="json")
    if key.scopes is not None:
        row["scopes"] = sorted(key.scopes)
    return row | {"valid": key.valid(utc_now())}
