"""``signalbox rules draft|shadow|activate|rollback|status|history|copy``: the life of a version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signalbox.cli.opening import Db, open_store
from signalbox.cli.output import AsJson, emit

if TYPE_CHECKING:
    from signalbox.domain.rule_version import RuleVersion
    from signalbox.rule_desk import RuleDesk

Which = Annotated[str, typer.Argument(help="a file, a digest or its beginning, active or shadow")]
By = Annotated[str | None, typer.Option(help="who does it; default: who is logged in")]
Note = Annotated[str, typer.Option(help="why, for whoever reads the history")]


@contextmanager
def desk(db: str | None = None, by: str | None = None) -> Iterator[RuleDesk]:
    """The author's desk on the ledger of the settings, where there is one."""
    from signalbox.domain.base import utc_now
    from signalbox.rule_desk import RuleDesk

    with open_store(db) as (settings, ledger):
        versions = None if ledger is None else ledger.rule_versions
        yield RuleDesk(settings, versions, utc_now, _somebody(by))


def _somebody(by: str | None) -> str:
    import getpass

    from signalbox.domain.errors import BadInput
    from signalbox.domain.plain import name_problem

    if by is None:
        try:
            return getpass.getuser()
        except (OSError, KeyError):
            return "command line"
    if reason := name_problem(by):
        raise BadInput(f"--by: {reason}", hint="write the name of a person")
    return by


def draft(
    which: Which, note: Note = "", db: Db = None, by: By = None, as_json: AsJson = False
) -> None:
    """Store a rule set that passes every check; nothing comes into force."""
    with desk(db, by) as at:
        version = at.draft(which, note)
    said = "is stored as a draft" if version.state == "draft" else f"is {version.state} already"
    _tell(version, as_json, f"{said}; next: signalbox rules shadow {version.short}")


def shadow(
    which: Annotated[str | None, typer.Argument(help="a file or a digest")] = None,
    off: Annotated[bool, typer.Option("--off", help="end the shadow")] = False,
    note: Note = "",
    db: Db = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a version beside the one in force, without effect."""
    if off is (which is not None):
        raise typer.BadParameter("name one version, or give --off")
    with desk(db, by) as at:
        version = at.unshadow(note) if which is None else at.shadow(which, note)
    if version is None:
        emit({"shadow": None}, as_json, lambda: "There was no version in shadow.")
        return
    said = (
        "is a draft again"
        if which is None
        else "is in shadow; see what it would change: signalbox rules status"
    )
    _tell(version, as_json, said)


def activate(
    which: Which,
    instead_of: Annotated[
        str | None, typer.Option(help="digest that has to be active until now; else it is refused")
    ] = None,
    note: Note = "",
    db: Db = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Put a version in force for every decision that begins from now on."""
    with desk(db, by) as at:
        version = at.activate(which, note, instead_of)
        tried = at.tried(version)
    before = f" in place of {version.replaced[:12]}" if version.replaced else ""
    seen = "" if tried else "\n  note: it was never in shadow, so nobody knows what it changes"
    _tell(version, as_json, f"is active{before}; engines take it up by themselves{seen}")


def rollback(note: Note = "", db: Db = None, by: By = None, as_json: AsJson = False) -> None:
    """Go back to the version that was active before the present one."""
    with desk(db, by) as at:
        gone, back = at.rollback(note)
    result = {"from": gone.digest, "to": back.digest if back else None}
    now = f"version {back.short}" if back else "the rule file of the settings, or the pack,"
    emit(result, as_json, lambda: f"{gone.short} is retired; {now} is in force again")


def status(
    limit: Annotated[int, typer.Option(min=0, help="differences to list")] = 20,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """What is in force, what is in shadow, and what the shadow would have changed."""
    with desk(db) as at:
        result = at.status(limit)
    emit(result, as_json, lambda: _status(result))


def history(
    limit: Annotated[int, typer.Option(min=1, help="changes to list")] = 50,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Every change of state of every version, newest first."""
    from signalbox.shelving import KIND

    with desk(db) as at:
        changes = [one.model_dump(mode="json") for one in at.versions.changes(KIND, limit)]

    def prose() -> str:
        lines = [
            f"  {one['at'][:19]}  {one['digest'][:12]}  {one['state']:8}  {one['actor']}"
            + (f": {one['note']}" if one["note"] else "")
            for one in changes
        ]
        return "\n".join(lines) or "No version is stored yet."

    emit({"changes": changes}, as_json, prose)


def copy(
    which: Which,
    folder: Annotated[Path, typer.Argument(help="folder to write its files to")],
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Write the files of a version, to read them or to start a new one from."""
    with desk(db) as at:
        places = [str(place) for place in at.copy(which, folder)]
    emit({"files": places}, as_json, lambda: "\n".join(places))


def _tell(version: RuleVersion, as_json: bool, said: str) -> None:
    from signalbox.rule_desk import outline

    head = f"{version.name} {version.label} ({version.short})"
    emit(outline(version), as_json, lambda: f"{head} {said}")


def _status(result: dict[str, Any]) -> str:
    force, tried = result["in_force"], result["shadow"]
    lines = [f"in force  {_head(force)}"]
    if force["from"] == "version":
        lines.append(f"          since {force['changed_at'][:19]} by {force['changed_by']}")
    else:
        lines.append(f"          from the {force['from']} {force['file']}: no version is active")
    lines.append(f"shadow    {_head(tried)}" if tried else "shadow    none")
    for count in result["counts"]:
        differing = ", ".join(
            f"{name} {count[name]}" for name in ("guard", "forced", "allowed", "fallback")
        )
        lines.append(
            f"          {count['shadow'][:12]} beside {count['active'][:12]}: "
            f"{count['differing']} of {count['compared']} differ ({differing})"
            + (f", {count['failed']} failed" if count["failed"] else "")
        )
    for one in result["differences"]:
        rules = ", ".join(cause["rule"] for cause in one["because"])
        lines.append(f"          {one['subject']}: {' '.join(one['aspects'])} by {rules}")
    lines += [f"draft     {_head(one)}" for one in result["drafts"][:10]]
    return "\n".join(lines)


def _head(shown: dict[str, Any]) -> str:
    return f"{shown['name']} {shown['version']} ({shown['digest'][:12]})"
