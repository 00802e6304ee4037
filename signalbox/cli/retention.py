"""``signalbox erase`` and ``signalbox retention``: what must not be kept, and what need not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from signalbox.cli.autonomy import user
from signalbox.cli.opening import Db, open_ledger
from signalbox.cli.output import AsJson, emit, progress, table
from signalbox.domain.base import utc_now
from signalbox.domain.erasure import ErasureOrder, Pauses
from signalbox.domain.errors import BadInput, Conflict

if TYPE_CHECKING:
    from signalbox.domain.ports import Ledger
    from signalbox.settings import Settings

app = typer.Typer(help="Let go of what is older than the settings say.", no_args_is_help=True)
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would go")]


def erase(
    reason: Annotated[str, typer.Option(help="kept for good, in the audit log: name nobody")],
    subject: Annotated[str | None, typer.Option(help="id of one task")] = None,
    requester: Annotated[
        str | None, typer.Option(help="every task that somebody of this name asked for")
    ] = None,
    tenant: Annotated[str, typer.Option(help="whose tasks they are")] = "default",
    by: Annotated[str | None, typer.Option("--as", help="who says so; default: the user")] = None,
    dry_run: DryRun = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Erase the texts about a task, or of all that somebody asked for; decisions stay."""
    if (subject is None) == (requester is None):
        raise BadInput("name what to erase", hint="either --subject ID or --requester NAME")
    with _opened(db) as (_, ledger, pauses):
        ids = [subject] if subject else ledger.erasures.asked_by(tenant, requester or "")
        result: dict[str, Any] = {"tenant": tenant, "found": len(ids), "erased": 0, "before": 0}
        result["not_yet"] = []
        orders = [_order(tenant, id, by or user(), reason) for id in ids]
        if not dry_run:
            _erase(ledger, pauses, orders, result)
            result["flushed"] = ledger.erasures.flush() and pauses.flush()
    emit(result, as_json, lambda: _prose(result))
    if result["not_yet"]:
        raise typer.Exit(1)


@app.command("run")
def run(dry_run: DryRun = False, db: Db = None, as_json: AsJson = False) -> None:
    """Do now what a server does every hour: what is older than the settings say goes."""
    from signalbox.retention import COUNTED, Retention

    with _opened(db) as (settings, ledger, pauses):
        retention, now = Retention(settings.retention, ledger, pauses), utc_now()
        gone: Counter[str] = Counter()
        if dry_run:
            gone.update(retention.planned(now))
        else:
            with progress("retention") as told:
                for step in retention.steps(now):
                    gone += step
                    told(f"{sum(gone.values())} gone", 0.0)
            ledger.erasures.flush()
            pauses.flush()
    result: dict[str, Any] = {name: gone[name] for name in COUNTED}
    result = {"dry_run": dry_run, **result, "days": settings.retention.model_dump()}
    emit(result, as_json, lambda: table(result, COUNTED))


def _erase(
    ledger: Ledger, pauses: Pauses, orders: list[ErasureOrder], result: dict[str, Any]
) -> None:
    from signalbox.retention import erase as erase_one

    for order in orders:
        try:
            done = erase_one(ledger, pauses, order, utc_now())
        except Conflict as waits:
            result["not_yet"].append({"subject": order.subject, "why": str(waits)})
        else:
            result["erased" if done.new else "before"] += 1


def _order(tenant: str, subject: str, by: str, reason: str) -> ErasureOrder:
    try:
        return ErasureOrder(tenant=tenant, subject=subject, actor=by, reason=reason)
    except ValidationError as error:
        first = error.errors()[0]
        option = {"actor": "as"}.get(str(first["loc"][0]), first["loc"][0])
        raise BadInput(f"--{option}: {first['msg']}", hint="correct it") from None


def _prose(result: dict[str, Any]) -> str:
    lines = [table(result, ("found", "erased", "before"))]
    lines += [f"  not yet: {one['why']}" for one in result["not_yet"]]
    if not result.get("flushed", True):
        lines.append(
            "  others read the file: earlier copies go from its log (-wal) when they are done"
        )
    return "\n".join(lines)


@contextmanager
def _opened(db: str | None) -> Iterator[tuple[Settings, Ledger, Pauses]]:
    from signalbox.checkpoints import open_pauses

    with open_ledger(db) as (settings, ledger), closing(open_pauses(settings.db)) as pauses:
        yield settings, ledger, pauses
