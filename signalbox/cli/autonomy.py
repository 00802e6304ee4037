"""``signalbox autonomy``: see, stop and set what the engine may do by itself."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from signalbox.cli.opening import Db, open_ledger
from signalbox.cli.output import AsJson, emit, table
from signalbox.domain.autonomy import AutonomyChange, StoredAutonomy, Switch
from signalbox.domain.enums import AutonomyLevel, Kind
from signalbox.domain.errors import BadInput
from signalbox.domain.plain import name_problem

app = typer.Typer(
    help="See, stop and set what the engine may do by itself, on every server of a database.",
    no_args_is_help=True,
)
Reason = Annotated[str, typer.Option(help="why, for the record and for those who wait")]
By = Annotated[str | None, typer.Option("--as", help="who orders it; default: the user's name")]


@app.command("pause")
def pause(
    everything: Annotated[
        bool, typer.Option("--all", help="halt what people approved too, until `resume`")
    ] = False,
    reason: Reason = "",
    by: By = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Let nothing take effect by itself: what would have goes to people."""
    switch = Switch.HALTED if everything else Switch.PAUSED
    _order(db, as_json, {"switch": switch, "reason": reason}, by)


@app.command("resume")
def resume(reason: Reason = "", by: By = None, db: Db = None, as_json: AsJson = False) -> None:
    """Lift a pause. Levels that were set stay."""
    _order(db, as_json, {"switch": Switch.RUNNING, "reason": reason}, by)


@app.command("set")
def set_level(
    kind: Annotated[Kind, typer.Argument(help="kind of decision")],
    level: Annotated[AutonomyLevel, typer.Argument(help="the most it may do by itself")],
    reason: Reason = "",
    by: By = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Set the level of one kind of decision. The settings' own level caps it."""
    _order(db, as_json, {"kind": kind, "level": level, "reason": reason}, by)


@app.command("show")
def show(db: Db = None, as_json: AsJson = False) -> None:
    """What operators have set."""
    _order(db, as_json, None, None)


def _order(db: str | None, as_json: bool, fields: Mapping[str, Any] | None, by: str | None) -> None:
    from signalbox.domain.base import utc_now

    change = None if fields is None else _change(fields, user() if by is None else by)
    # In another folder than the server's, an order would otherwise seem to be carried out.
    with open_ledger(db) as (_, ledger):
        stored = ledger.set_autonomy(change, utc_now()) if change else ledger.autonomy()
    found = _shown(stored)
    emit(found, as_json, lambda: table(found, tuple(found)))


def _change(fields: Mapping[str, Any], by: str) -> AutonomyChange:
    if reason := name_problem(by):
        raise BadInput(f"--as: {reason}", hint="such as --as ann")
    try:
        return AutonomyChange(**fields, actor=by)
    except ValidationError as error:
        first = error.errors()[0]
        option = {"actor": "--as", "reason": "--reason"}.get(str(first["loc"][0]), "the order")
        said = str(first["msg"]).removeprefix("Value error, ")
        raise BadInput(f"{option}: {said}", hint="shorten or correct it") from None


def _shown(stored: StoredAutonomy) -> dict[str, Any]:
    return {
        "switch": stored.switch.value,
        "levels": {kind.value: level.value for kind, level in stored.levels.items()},
        "changed_by": stored.actor,
        "reason": stored.reason,
        "changed_at": None if stored.changed_at is None else stored.changed_at.isoformat(),
    }


def user() -> str:
    """Who runs this command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"
