"""Loading rule files: parse, type-check, lint, run the cases; ready to use or BadRules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rules.cases import run_cases
from rules.findings import Finding, Findings, nearest
from rules.lint import lint
from rules.model import Definition
from rules.parser import parse_definition
from rules.rule_set import RuleSet
from rules.source import parse_yaml, read_text
from signalbox.domain.errors import BadRules


def load_rules(
    path: str | Path, bindings: Mapping[str, str] | None = None, *, kind: str = ""
) -> RuleSet:
    """The rule set in the YAML file at ``path``.

    ``bindings`` gives each ``$name`` of the file its option, such as ``{"fallback_team":
    "triage"}``; a name that is declared ``optional`` may be left out, and rules that would take it
    then ask for a person. ``kind``, where given, is the one kind of decision the rules may be for.
    Raises BadRules (file, line, rule and the fix) or TooLarge.
    """
    name = Path(path).name
    return parse_rules(read_text(Path(path)), file=name, bindings=bindings, kind=kind)


def parse_rules(
    text: str, *, file: str = "<text>", bindings: Mapping[str, str] | None = None, kind: str = ""
) -> RuleSet:
    """As load_rules, from text."""
    findings = Findings(file)
    definition = _checked(text, findings, kind)
    findings.raise_any()
    rule_set = RuleSet(definition, _bound(definition, bindings or {}))
    run_cases(definition, rule_set, findings)
    findings.raise_any()
    return rule_set


def check_rules(path: str | Path) -> list[Finding]:
    """Every fault of a file, cases included, for ``rules lint``; empty when it is sound.

    Raises BadRules or TooLarge when it is not readable as YAML at all.
    """
    findings = Findings(Path(path).name)
    definition = _checked(read_text(Path(path)), findings)
    if not findings.found:
        rule_set = RuleSet(definition)
        run_cases(definition, rule_set, findings)
        rule_set.close()
    return findings.found


def _checked(text: str, findings: Findings, kind: str = "") -> Definition:
    top = parse_yaml(text, findings.file)
    definition = parse_definition(top, findings)
    if kind and definition.kind and definition.kind != kind:
        message = f"the rules are for the kind '{definition.kind[:60]}', not for '{kind}'"
        findings.add(top.line_of("kind"), message, f"write 'kind: {kind}'")
    lint(definition, findings)
    return definition


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
