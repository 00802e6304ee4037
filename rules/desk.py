"""What can be asked of a rule file without running the engine: lint, test, mutate, explain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rules.boundaries import probe
from rules.cases import run_cases
from rules.findings import Findings
from rules.loader import beside, check_rules, load_rules, read_definition
from rules.model import Definition
from rules.mutation import PASSING_SCORE, mutate
from rules.packs import SHIPPED
from rules.rule_set import RuleSet
from rules.source import read_text
from rules.tables import SIDECAR, SUFFIX

_SHOWN_WRONG = 5
Progress = Callable[[str, float], None]


def chosen(paths: Sequence[Path]) -> list[Path]:
    """The rule files meant: those shipped where none is named, a table for its cases."""
    if not paths:
        return list(SHIPPED)
    meant = []
    for path in paths:
        table = path.with_name(path.name.removesuffix(SIDECAR) + SUFFIX)
        meant.append(table if path.name.endswith(SIDECAR) and table.is_file() else path)
    return list(dict.fromkeys(meant))


def lint_files(paths: Sequence[Path]) -> dict[str, Any]:
    """Keys: files, errors, warnings, findings (severity, file, line, column, rule, message, fix).

    Raises BadRules or TooLarge for what cannot be read as YAML at all.
    """
    paths = chosen(paths)
    found = [
        one.as_json() | {"file": str(path.with_name(one.file))}
        for path in paths
        for one in check_rules(path)
    ]
    errors = sum(one["severity"] == "error" for one in found)
    return {
        "files": len(paths),
        "errors": errors,
        "warnings": len(found) - errors,
        "findings": found,
    }


def try_files(paths: Sequence[Path]) -> dict[str, Any]:
    """Cases, and values on and beside every literal. Keys: cases, failed, evaluations,
    disagreements, failures, wrong, passed, files (the same for each, with what failed).

    Raises BadRules for a file that is faulty beyond its cases.
    """
    files = [_tested(path) for path in chosen(paths)]
    keys = ("cases", "failed", "evaluations", "disagreements", "failures", "wrong")
    totals = {key: sum(len(one[key]) if key == "failed" else one[key] for one in files)
              for key in keys}  # fmt: skip
    return {**totals, "passed": all(one["passed"] for one in files), "files": files}


def mutate_files(paths: Sequence[Path], progress: Progress | None = None) -> dict[str, Any]:
    """Keys: mutants, killed, equivalent, score, needed, passed, files (the same for each, with
    survivors: rule, line, kind, change). A file passes by itself, not by the others' score.

    Raises BadRules for a file that is faulty, or whose cases fail already.
    """
    files: list[dict[str, Any]] = []
    for path in chosen(paths):
        definition = load_rules(path, _every_binding(path)).definition
        told = (lambda share, name=path.name: progress(name, share)) if progress else None
        result = mutate(definition, told)
        files.append(
            {
                "file": path.name,
                "mutants": result.mutants,
                "killed": result.killed,
                "equivalent": result.equivalent,
                "score": round(result.score, 4),
                "passed": result.score >= PASSING_SCORE,
                "survivors": [
                    {"rule": one.rule, "line": one.line, "kind": one.kind, "change": one.what}
                    for one in result.survivors
                ],
            }
        )
    mutants, killed = (sum(one[key] for one in files) for key in ("mutants", "killed"))
    return {
        "mutants": mutants,
        "killed": killed,
        "equivalent": sum(one["equivalent"] for one in files),
        "score": round(killed / mutants, 4) if mutants else 1.0,
        "needed": PASSING_SCORE,
        "passed": all(one["passed"] for one in files),
        "files": files,
    }


def explain_file(
    path: Path,
    facts: Mapping[str, Any],
    options: Sequence[str] = (),
    bindings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One evaluation with its whole trace. Without options, those that the rules name.

    Keys: guard, reasons, permitted, forced, fallback, allowed, forbidden, fired, shadowed,
    assumed, near_misses, disagreement, evaluators, digest, unread (facts given and not declared),
    rules (each with its conditions).
    """
    rules = load_rules(path, {**_every_binding(path), **(bindings or {})})
    options = tuple(options) or named_options(rules.definition, rules.bindings)
    verdict = rules.evaluate(facts, options)
    return {
        "file": path.name,
        "name": rules.name,
        "version": rules.version,
        "digest": rules.digest,
        "evaluators": verdict.evaluators,
        "guard": verdict.guard.word,
        "reasons": list(verdict.reasons),
        "permitted": verdict.permitted,
        "options": list(options),
        "forced": verdict.forced,
        "fallback": verdict.fallback,
        "allowed": list(verdict.allowed),
        "forbidden": list(verdict.forbidden),
        "fired": list(verdict.fired),
        "shadowed": list(verdict.shadowed),
        "assumed": list(verdict.assumed),
        "near_misses": list(verdict.near_misses),
        "disagreement": verdict.disagreement,
        "unread": sorted(set(facts) - set(rules.schema.by_name)),
        "rules": list(verdict.explain(everything=True)),
    }


def named_options(definition: Definition, bound: Mapping[str, str]) -> tuple[str, ...]:
    """Every option that some rule names, bindings resolved; A and B where there are fewer."""
    named = dict.fromkeys(
        bound.get(option[1:], option) if option.startswith("$") else option
        for rule in definition.rules
        for option in (rule.force, rule.fallback, *rule.forbid)
        if option is not None
    )
    return tuple(named) if len(named) > 1 else (*named, "A", "B")


def _tested(path: Path) -> dict[str, Any]:
    findings = Findings(path.name)
    definition = read_definition(read_text(path), findings, beside=beside(path))
    findings.raise_any()
    rule_set = RuleSet(definition)
    run_cases(definition, rule_set, findings)
    probed = probe(definition, rule_set)
    rule_set.close()
    failed = [one.as_json() for one in findings.errors]
    return {
        "file": path.name,
        "cases": len(definition.cases),
        "failed": failed,
        "evaluators": rule_set.evaluators,
        "evaluations": probed.evaluations,
        "disagreements": probed.disagreements,
        "failures": probed.failures,
        "wrong": len(probed.wrong),
        "wrong_facts": [dict(one) for one in probed.wrong[:_SHOWN_WRONG]],
        "passed": not failed and probed.passed,
    }


def _every_binding(path: Path) -> dict[str, str]:
    """Each binding the file declares, bound to an option of its own name."""
    findings = Findings(path.name)
    definition = read_definition(read_text(path), findings, beside=beside(path))
    findings.raise_any()
    return {name: name for name in definition.bindings}
