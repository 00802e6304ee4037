"""``signalbox rules``: look over, test, mutate and explain rule files without a running engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from signalbox.cli.output import AsJson, emit, progress
from signalbox.domain.errors import BadInput
from signalbox.strict_json import NotJson, read_json

app = typer.Typer(help="Look over, test and explain rule files.", no_args_is_help=True)

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="YAML rule sets or CSV decision tables; default: those that ship"),
]
MAX_FACTS_BYTES = 1_048_576


@app.callback()
def group() -> None:
    """Look over, test and explain rule files."""


@app.command("lint")
def lint(
    files: Files = None,
    strict: Annotated[bool, typer.Option("--strict", help="let warnings fail as well")] = False,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with rule files; exit 1 on an error."""
    from rules.desk import lint_files

    result = lint_files(files or [])
    emit(result, as_json, lambda: _findings(result))
    if result["errors"] or (strict and result["warnings"]):
        raise typer.Exit(1)


@app.command("test")
def test(files: Files = None, as_json: AsJson = False) -> None:
    """Run the cases, and both evaluators on and beside every literal; exit 1 when one fails."""
    from rules.desk import try_files

    result = try_files(files or [])
    emit(result, as_json, lambda: _tests(result))
    if not result["passed"]:
        raise typer.Exit(1)


@app.command("mutate")
def mutate(files: Files = None, as_json: AsJson = False) -> None:
    """Change every operator, literal and effect in turn; exit 1 when cases notice under 95 %."""
    from rules.desk import mutate_files

    with progress("mutating") as report:
        result = mutate_files(files or [], report)
    emit(result, as_json, lambda: _mutants(result))
    if not result["passed"]:
        raise typer.Exit(1)


@app.command("explain")
def explain(
    file: Annotated[Path, typer.Argument(help="YAML rule set or CSV decision table")],
    facts: Annotated[str, typer.Option(help="JSON object of facts, or a file that holds one")],
    options: Annotated[
        str, typer.Option(help="what may be chosen, separated by commas; default: all it names")
    ] = "",
    bind: Annotated[
        list[str] | None, typer.Option(help="NAME=OPTION for a $NAME of the file; may be repeated")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate once and say of every rule and condition how it came out."""
    from rules.desk import explain_file

    offered = [option.strip() for option in options.split(",") if option.strip()]
    result = explain_file(file, _read_facts(facts), offered, _read_bindings(bind or []))
    emit(result, as_json, lambda: _explained(result))


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a rule file, for editors."""
    from rules.schema import rule_file_schema

    typer.echo(json.dumps(rule_file_schema(), indent=2))


def _read_facts(given: str) -> dict[str, Any]:
    """The facts of ``--facts``: written there, in a file, or on stdin for ``-``."""
    where = "--facts"
    if given == "-":
        text = sys.stdin.read(MAX_FACTS_BYTES + 1)
    elif given.lstrip().startswith(("{", "[")):
        text = given
    else:
        where = given
        try:
            with Path(given).open(encoding="utf-8") as opened:
                text = opened.read(MAX_FACTS_BYTES + 1)
        except (OSError, UnicodeDecodeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise BadInput(
                f"{where[:200]}: {reason}",
                hint="name a JSON file, or write the facts: --facts '{\"amount\": 120}'",
            ) from error
    if len(text) > MAX_FACTS_BYTES:
        raise BadInput(f"{where}: larger than {MAX_FACTS_BYTES} characters", hint="send less")
    try:
        facts = read_json(text)
    except NotJson as error:
        raise BadInput(f"{where}: {error.message}", hint=error.hint) from error
    if not isinstance(facts, dict):
        raise BadInput(f"{where}: not an object", hint='write {"amount": 120}')
    return facts


def _read_bindings(given: list[str]) -> dict[str, str]:
    bindings = {}
    for one in given:
        name, equals, option = one.partition("=")
        if not (name and equals and option):
            raise BadInput(f"--bind {one}: not NAME=OPTION", hint="write --bind fallback_team=desk")
        bindings[name.removeprefix("$")] = option
    return bindings


def _findings(result: dict[str, Any]) -> str:
    lines = []
    for one in result["findings"]:
        place = f"{one['file']}:{one['line']}" + (f":{one['column']}" if one["column"] else "")
        rule = f" '{one['rule']}'" if one["rule"] else ""
        lines.append(f"{place}: {one['severity']}:{rule} {one['message']}")
        lines += [f"    fix: {one['fix']}"] if one["fix"] else []
    counts = f"{result['errors']} errors, {result['warnings']} warnings in {result['files']} files"
    return "\n".join([*lines, counts])


def _tests(result: dict[str, Any]) -> str:
    lines = []
    for one in result["files"]:
        lines.append(
            f"{one['file']}: {one['cases'] - len({f['rule'] for f in one['failed']})} of "
            f"{one['cases']} cases pass; {one['evaluations']} boundary values, "
            f"{one['disagreements']} disagreements, {one['failures']} failures, "
            f"{one['wrong']} wrong ({one['evaluators']})"
        )
        lines += [f"    line {f['line']}: '{f['rule']}' {f['message']}" for f in one["failed"]]
        lines += [f"    wrong for {json.dumps(facts)}" for facts in one["wrong_facts"]]
    return "\n".join([*lines, "passed" if result["passed"] else "FAILED"])


def _mutants(result: dict[str, Any]) -> str:
    lines = []
    for one in result["files"]:
        lines.append(
            f"{one['file']}: {one['killed']} of {one['mutants']} mutants noticed, "
            f"score {one['score']:.1%} ({one['equivalent']} more mean the same)"
        )
        lines += [
            f"    line {left['line']}: {left['rule'] or 'table'}: {left['change']} (no case fails)"
            for left in one["survivors"]
        ]
    word = "passed" if result["passed"] else f"FAILED: {result['needed']:.0%} is needed of each"
    return "\n".join([*lines, word])


def _explained(result: dict[str, Any]) -> str:
    lines = [f"guard: {result['guard']}"]
    lines += [f"  because {reason}" for reason in result["reasons"]]
    for key in ("permitted", "forced", "fallback"):
        if result[key] is not None:
            lines.append(f"{key}: {result[key]}")
    lines.append(f"allowed: {', '.join(result['allowed']) or 'nothing'}")
    if result["unread"]:
        lines.append(f"not declared, so not read: {', '.join(result['unread'])}")
    for rule in result["rules"]:
        lines.append(f"{rule['outcome']:8} {rule['rule']} ({rule['effect']}): {rule['why']}")
        for one in rule["conditions"]:
            mark = "+" if one["holds"] else "-"
            expected = "" if one["expected"] is None else f" {one['expected']}"
            got = "missing" if one["got"] is None else one["got"]
            lines.append(f"         {mark} {one['fact']} {one['op']}{expected} (got {got})")
    return "\n".join(lines)
