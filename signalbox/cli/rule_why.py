"""``signalbox rules why``: a recorded decision under the text of its own rules."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from signalbox.cli.opening import Db, open_store
from signalbox.cli.output import AsJson, emit


def why(
    decision: Annotated[str, typer.Argument(help="id of a decision")],
    tenant: Annotated[str, typer.Option(help="whose decision it is")] = "default",
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Explain a decision by the version of the rules it was made under, however old."""
    from signalbox.domain.errors import NotFound
    from signalbox.rule_explaining import explain_decision, find_decision

    with open_store(db) as (_, ledger):
        if ledger is None:
            raise NotFound(f"no decision '{decision}'", hint="name the database with --db")
        result = explain_decision(ledger, find_decision(ledger, tenant, decision))
    emit(result, as_json, lambda: _prose(result))


def _prose(result: dict[str, Any]) -> str:
    lines = [
        f"{result['subject']}: rules {result['name']} {result['version']} "
        f"({result['digest'][:12]}), in the end {result['guard']}"
    ]
    if not result["same"]:
        lines.append("  note: the stored text means something else to this version of Signalbox")
    for rule in result["rules"]:
        lines.append(f"  {rule['outcome']:7} {rule['rule']}: {rule['effect']}")
        if rule["outcome"] != "no":
            lines += [
                f"            {'yes' if one['holds'] else 'no ':3} {one['fact']} {one['op']} "
                f"{'' if one['expected'] is None else one['expected']} (was {one['got']})"
                for one in rule["conditions"]
            ]
    return "\n".join(lines)
