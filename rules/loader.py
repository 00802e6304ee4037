"""Loading rule files: parse, type-check, lint, run the cases; ready to use or BadRules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rules.cases import run_cases
from rules.findings import Finding, Findings, nearest
from rules.lint import lint, lint_further
from rules.lint_usage import lint_coverage
from rules.model import Definition
from rules.parser import parse_definition
from rules.rule_set import RuleSet
from rules.source import parse_yaml, read_text
from rules.tables import SUFFIX, Beside, alone
from signalbox.domain.errors import BadRules


def load_rules(
    path: str | Path, bindings: Mapping[str, str] | None = None, *, kind: str = ""
) -> RuleSet:
    """The rule set in the YAML or CSV file at ``path``.

    ``bindings`` gives each ``$name`` of the file its option, such as ``{"fallback_team":
    "triage"}``; a name that is declared ``optional`` may be left out, and rules that would take it
    then ask for a person. ``kind``, where given, is the one kind of decision the rules may be for.
    Raises BadRules (file, line, rule and the fix) or TooLarge.
    """
    path = Path(path)
    return parse_rules(
        read_text(path), file=path.name, bindings=bindings, kind=kind, beside=beside(path)
    )


def parse_rules(
    text: str,
    *,
    file: str = "<text>",
    bindings: Mapping[str, str] | None = None,
    kind: str = "",
    beside: Beside | None = None,
) -> RuleSet:
    """As load_rules, from text; a table where ``file`` ends in .csv.

    ``beside`` gives the text of the tables, or of the cases, that belong to it, by file name.
    """
    findings = Findings(file)
    definition = read_definition(text, findings, kind=kind, beside=beside)
    findings.raise_any()
    rule_set = RuleSet(definition, _bound(definition, bindings or {}))
    run_cases(definition, rule_set, findings)
    findings.raise_any()
    return rule_set


def check_rules(path: str | Path) -> list[Finding]:
    """Every fault of a file, cases and warnings included, for ``rules lint``.

    Raises BadRules or TooLarge when it is not readable as YAML at all.
    """
    path = Path(path)
    findings = Findings(path.name)
    definition = read_definition(read_text(path), findings, beside=beside(path))
    if not findings.errors:
        lint_further(definition, findings)
        rule_set = RuleSet(definition)
        lint_coverage(definition, run_cases(definition, rule_set, findings), findings)
        rule_set.close()
    return findings.found


def read_definition(
    text: str, findings: Findings, *, kind: str = "", beside: Beside | None = None
) -> Definition:
    """The text parsed and linted; its cases are not run. Faults go to ``findings``."""
    own = None
    if findings.file.endswith(SUFFIX):
        top, own = alone(text, beside, findings)
    else:
        top = parse_yaml(text, findings.file)
    definition = parse_definition(top, findings, beside, own)
    if kind and definition.kind and definition.kind != kind:
        message = f"the rules are for the kind '{definition.kind[:60]}', not for '{kind}'"
        fix = f"write '{'# ' if own else ''}kind: {kind}'"
        findings.add(top.line_of("kind"), message, fix)
    lint(definition, findings)
    return definition


def gather(path: str | Path) -> dict[str, str]:
    """The text of a rule file and of every file it takes in, by name, to be kept together.

    ``parse_rules(files[name], file=name, beside=files.get)`` is the same set again. Faults are
    left to that; raises BadRules or TooLarge for what cannot be read.
    """
    path = Path(path)
    files = {path.name: read_text(path)}
    read = beside(path)

    def note(name: str) -> str | None:
        text = read(name)
        if text is not None:
            files[name] = text
        return text

    read_definition(files[path.name], Findings(path.name), beside=note)
    return files


def beside(path: Path) -> Beside:
    """Reads files in the folder of ``path`` by name."""

    def read(name: str) -> str | None:
        other = path.parent / name
        return read_text(other) if other.is_file() else None

    return read


def _bound(definition: Definition, bindings: Mapping[str, str]) -> dict[str, str]:
    declared = definition.bindings
    for name, option in bindings.items():
        if name not in declared:
            raise BadRules(
                f"{definition.file}: '{name}' is not one of its bindings",
                hint=nearest(name, declared) or "the file declares none",
            )
        if not isinstance(option, str) or not option or option.startswith("$"):
            raise BadRules(
                f"{definition.file}: the binding '{name}' is not an option",
                hint="bind it to the id of an option, which does not begin with '$'",
            )
    for name, required in declared.items():
        if required and name not in bindings:
            raise BadRules(
                f"{definition.file}: the binding '{name}' is required",
                hint=f"give it an option (SIGNALBOX_{name.upper()}, or bindings={{'{name}': …}}), "
                f"or declare it: 'bindings: {{{name}: optional}}'",
            )
    return dict(bindings)
