"""``signalbox mine``: what an event log shows of a process, and the template it suggests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.log_options import LogAsked, Seed, takes_log
from signalbox.cli.output import AsJson, emit, progress, table

_SHOWN = 5
_LISTS = ("variants", "pairs", "ping_pong", "edges", "transitions", "loops", "found", "changes")
Noise = Annotated[
    float | None,
    typer.Option(help="leave out of the template what is rarer than this share; 0 keeps all"),
]
Out = Annotated[Path | None, typer.Option(help="write the suggested template here, as YAML")]
Top = Annotated[int | None, typer.Option(min=1, help="give no more than so many of each list")]


@takes_log
def mine(
    asked: LogAsked,
    noise: Noise = None,
    out: Out = None,
    top: Top = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Variants, bottlenecks, rework, handovers, contrasts, drift and a template, from a log."""
    from signalbox.learning.patterns.command import mine as mine_log
    from signalbox.learning.patterns.discovery.writing import refuse_place, write_yaml

    if out is not None:
        refuse_place(out)
    with progress("mining") as report:
        result, template = mine_log(
            asked.log,
            asked.columns,
            noise=noise,
            drop_duplicates=asked.drop_duplicates,
            seed=seed,
            progress=report,
        )
    if template is not None:
        from guardrails.soundness import check

        proof = check(template)
        result["suggested_template"] |= {
            "sound": not proof.findings,
            "findings": [finding.model_dump(mode="json") for finding in proof.findings],
        }
        if out is not None and not proof.findings:
            write_yaml(out, template, _comments(result))
    if top is not None:
        result = _cut(result, top)
    emit(result, as_json, lambda: _prose(result, out if template else None))


def _comments(result: dict[str, Any]) -> list[str]:
    told = result["suggested_template"]
    built, held = told["fitness_built_on"], told["fitness_held_out"]
    lines = [f"Discovered from {built['cases']:,} cases, noise filter {told['noise']:g}."]
    if held:
        lines.append(
            f"Of {held['cases']:,} later cases {held['share_of_cases']:.1%} replay, "
            f"of their events {held['share_of_events']:.1%}."
        )
    return [
        *lines,
        "Says what was done, not what must be: mandatory steps and roles are not in it.",
    ]


def _cut(value: Any, top: int) -> Any:
    """The first entries of every list of findings, at any depth; the template stays whole."""
    if isinstance(value, dict):
        return {
            key: part[:top]
            if isinstance(part, list)
            and (key in _LISTS or key == "activities")
            and part
            and isinstance(part[0], dict)
            else part
            if key == "suggested_template"
            else _cut(part, top)
            for key, part in value.items()
        }
    return value


def _prose(result: dict[str, Any], out: Path | None) -> str:
    named = result["suggested_template"]
    lines = [
        table(result | {"variants": len(result["variants"])}, ("cases", "events", "variants")),
        "",
        "most frequent variants:",
        *(
            f"  {one['count']:>7,}  {one['share']:6.1%}  {_days(one['median_hours'])}  "
            + " > ".join(one["activities"])
            for one in result["variants"][:_SHOWN]
        ),
        "",
        f"most time lost ({result['bottlenecks']['measure']}, of all cases; per case):",
        *(
            f"  {_days(one['total_hours'])}  {_days(one['per_case_hours'])}  "
            f"{one['from']} > {one['to']}"
            for one in result["bottlenecks"]["transitions"][:_SHOWN]
        ),
        "",
        "rework:",
        table(result["rework"], ("cases", "share_of_cases", "repetitions", "share_of_hours")),
    ]
    if result["handovers"]:
        lines += ["", "handovers:", table(result["handovers"], ("count", "share_of_steps"))]
    contrasts, changes = result["contrasts"], result["drift"]
    lines += [
        "",
        f"more or less frequent among the slowest {contrasts['slow_cases']:,} cases than others "
        f"({len(contrasts['found'])} of {contrasts['tested']} traits):",
        *(_contrast(one) for one in contrasts["found"][:_SHOWN]),
        "",
        f"changed ({len(changes['changes'])} of {changes['tested']} frequencies and times):",
        *(_change(one) for one in changes["changes"][:_SHOWN]),
    ]
    if named:
        held = named["fitness_held_out"]
        lines += ["", f"suggested template: {'sound' if named['sound'] else 'NOT SOUND'}"]
        if held:
            lines.append(table(held, ("cases", "share_of_cases", "share_of_events", "precision")))
        if out is not None:
            lines.append(f"  written to {out}")
    lines += ["", *(f"  note: {one}" for one in result["notes"])]
    # What somebody wrote must not give orders to the terminal.
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "�" for letter in "\n".join(lines)
    )


def _days(hours: float | None) -> str:
    return f"{(hours or 0.0) / 24:>10,.2f} d"


def _contrast(one: dict[str, Any]) -> str:
    what = [
        str(one[key])
        for key in ("attribute", "value", "activity", "from", "to", "resource")
        if key in one
    ]
    return (
        f"  {one['share_of_slow']:6.1%} against {one['share_of_others']:6.1%}  "
        f"{one['trait']} {' > '.join(what)}"
    )


def _change(one: dict[str, Any]) -> str:
    what = [str(one[key]) for key in ("activity", "from", "to") if key in one]
    return (
        f"  {one['at'][:10]}  {one['before']:.4g} to {one['after']:.4g}  "
        f"{one['what'].replace('_', ' ')} {' > '.join(what)}"
    )
