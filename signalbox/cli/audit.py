"""``signalbox audit``: whether the record is as it was written, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.opening import Db, open_ledger
from signalbox.cli.output import AsJson, emit, progress, table
from signalbox.domain.audit import AuditReport
from signalbox.domain.base import utc_now

app = typer.Typer(help="Check the record of what was decided.", no_args_is_help=True)
Since = Annotated[str | None, typer.Option(help="7d, 12h or a date; default: from the start")]
SHOWN = 20
NOT_HERE = ("model_not_here", "rules_not_here")


@app.command("verify")
def verify(
    since: Since = None,
    expect_head: Annotated[
        str | None, typer.Option(help="a head that was noted before: finds removed rows at the end")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Walk the chain of digests: exit 1 where a row was changed, removed, added or reordered."""
    with open_ledger(db) as (_, ledger):
        report = ledger.audit.verify(since=_since(since), expect_head=expect_head)
    emit(_row(report), as_json, lambda: _prose(report))
    if not report.ok:
        raise typer.Exit(1)


@app.command("head")
def head(db: Db = None, as_json: AsJson = False) -> None:
    """The hash at the end of the chain: noted elsewhere, it shows when rows at the end are gone."""
    with open_ledger(db) as (_, ledger):
        seq, hash = ledger.audit.head()
    emit({"rows": seq, "head": hash}, as_json, lambda: hash)


@app.command("replay")
def replay(
    since: Since = None,
    limit: Annotated[int | None, typer.Option(min=1, help="newest decisions only")] = None,
    model: Annotated[
        Path | None, typer.Option(help="model folder: its own decisions are predicted anew")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Decide what is recorded once more, through the recorded versions, and report differences."""
    from signalbox.replaying import replay_decisions
    from signalbox.settings import read_settings

    settings = read_settings(db=db, model=model)
    with open_ledger(db) as (_, ledger):
        report = ledger.audit.verify(since=_since(since), expect_head=None)
        with progress("replay") as told:
            result = replay_decisions(settings, ledger, _since(since), limit, told)
    result = {**result, "chain_ok": report.ok}
    shown = ("decisions", "identical", "differing", "erased", *NOT_HERE, "chain_ok")
    emit(result, as_json, lambda: "\n".join([table(result, shown), *_differences(result)]))
    if result["differing"] or not report.ok:
        raise typer.Exit(1)


def _since(given: str | None) -> Any:
    from signalbox.recorded import since

    return None if given is None else since(given, utc_now())


def _row(report: AuditReport) -> dict[str, Any]:
    return {
        "decisions": report.decisions,
        "chain_ok": report.ok,
        "rows": report.rows,
        "erasures": report.erasures,
        "head": report.head,
        "unsealed": report.unsealed,
        "late": report.late,
        "problems": [flaw.model_dump() for flaw in report.flaws],
    }


def _prose(report: AuditReport) -> str:
    lines = [
        table(
            _row(report), ("chain_ok", "decisions", "rows", "erasures", "unsealed", "late", "head")
        )
    ]
    for flaw in report.flaws[:SHOWN]:
        lines.append(f"  {'row ' + str(flaw.seq) if flaw.seq else 'besides'}: {flaw.what}")
    return "\n".join(lines)


def _differences(result: dict[str, Any]) -> list[str]:
    return [
        f"  {one['decision']} {one['field']}: recorded {one['recorded']}, now {one['replayed']}"
        for one in result["differences"][:SHOWN]
    ]
