"""``signalbox rules diff``: what a new version would have said about what was decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signalbox.cli.opening import Db
from signalbox.cli.output import AsJson, emit
from signalbox.cli.rule_versions import desk

if TYPE_CHECKING:
    from rules.replaying import Occasion
    from signalbox.rule_desk import RuleDesk

Side = Annotated[str, typer.Argument(help="a file, a digest or its beginning, active or shadow")]


def diff(
    old: Side,
    new: Side,
    facts: Annotated[
        Path | None, typer.Option(help="JSONL of {facts, options} or of whole decisions")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="decisions of the ledger: 12h, 7d, 2w or a date; default 7d")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="newest decisions at most")] = 10_000,
    show: Annotated[int, typer.Option(min=0, help="changed verdicts to list at most")] = 100,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="exit 1 when a verdict changes")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Put recorded facts through two rule sets and say which verdicts change, and by which rule."""
    if facts is not None and since is not None:
        raise typer.BadParameter("give --facts or --since, not both")
    with desk(db) as at:
        occasions = _occasions(at, facts, since or "7d", limit)
        before, after, found = at.diff(old, new, occasions)
    result = {
        "old": _side(old, before.rule_set),
        "new": _side(new, after.rule_set),
        "compared": found.compared,
        "changed": len(found.changed),
        "tighter": found.tighter,
        "laxer": found.laxer,
        "aspects": dict(found.aspects),
        "rules": dict(found.rules.most_common()),
        "verdicts": [one.row() for one in found.changed[:show]],
    }
    emit(result, as_json, lambda: _prose(result))
    if fail_on_change and found.changed:
        raise typer.Exit(1)


def _occasions(at: RuleDesk, facts: Path | None, span: str, limit: int) -> list[Occasion]:
    from signalbox.domain.base import utc_now
    from signalbox.domain.errors import BadInput
    from signalbox.recorded import occasions_of, read_occasions, since
    from signalbox.shelving import KIND

    if facts is not None:
        found, where = read_occasions(facts), str(facts)
    else:
        start = since(span, utc_now())
        found = occasions_of(at.versions.recorded(KIND, start, limit))
        where = f"the ledger since {start:%F %H:%M} UTC"
    if not found:
        raise BadInput(
            f"there is nothing to compare on: no decisions in {where}",
            hint="go further back with --since, or give --facts FILE.jsonl",
        )
    return found


def _side(word: str, rule_set: Any) -> dict[str, str]:
    return {
        "given": word,
        "name": rule_set.name,
        "version": rule_set.version,
        "digest": rule_set.digest,
    }


def _prose(result: dict[str, Any]) -> str:
    sides = [f"{one['name']} {one['version']} ({one['digest'][:12]})" for one in
             (result["old"], result["new"])]  # fmt: skip
    lines = [
        f"{sides[0]} -> {sides[1]}",
        f"{result['compared']:,} compared, {result['changed']:,} changed: guards of "
        f"{result['tighter']:,} tighter, of {result['laxer']:,} laxer",
    ]
    lines += [f"  {count:6,} by {rule}" for rule, count in result["rules"].items()]
    for one in result["verdicts"]:
        lines.append(f"  {one['subject']}: {'; '.join(_changes(one))}")
    hidden = result["changed"] - len(result["verdicts"])
    if hidden:
        lines.append(f"  … and {hidden:,} more (--show)")
    return "\n".join(lines)


def _changes(one: dict[str, Any]) -> list[str]:
    told = []
    for aspect in one["aspects"]:
        was, now = one["before"], one["after"]
        if aspect == "allowed":
            gone, more = was["only_allowed_here"], now["only_allowed_here"]
            parts = [f"no longer {', '.join(gone[:5])}"] if gone else []
            parts += [f"also {', '.join(more[:5])}"] if more else []
            told.append(f"allowed: {' and '.join(parts) or 'in another order'}")
        else:
            told.append(f"{aspect} {was[aspect] or 'none'} -> {now[aspect] or 'none'}")
    names = dict.fromkeys(cause["rule"] for cause in one["because"])
    return [*told, f"by {', '.join(names)}"] if names else told
