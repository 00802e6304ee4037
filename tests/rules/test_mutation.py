"""Every change of a shipped rule is noticed by a case, and what means the same is not counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import parse_rules
from rules.boundaries import boundary_facts, probe
from rules.desk import mutate_files
from rules.model import Definition, Op
from rules.mutation import mutants, mutate
from rules.operators import _TESTS
from rules.packs import SHIPPED
from rules.rule_set import RuleSet
from signalbox.domain.errors import BadRules
from tests.rules.helpers import guard, rule, text_of


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_cases_of_the_shipped_packs_notice_nearly_every_change(path: Path) -> None:
    result = mutate_files([path])
    assert result["mutants"] >= 14
    assert result["score"] >= 0.95, result["files"][0]["survivors"]
    assert result["passed"]


def definition_of(rules: str, guards: str = "", cases: str = "") -> Definition:
    return parse_rules(text_of(rules, guards, cases)).definition


def test_without_cases_nothing_is_noticed() -> None:
    definition = definition_of(rule("{fact: n, gt: 3}"))
    result = mutate(definition)
    assert result.score == 0.0
    assert {one.what for one in result.survivors} >= {"'n gt 3' becomes 'n ge 3'",
                                                      "without 'forbid A'"}  # fmt: skip


def test_every_operator_of_every_rule_is_flipped() -> None:
    words = {"eq": "1", "ne": "1", "lt": "1", "le": "1", "gt": "1", "ge": "1", "in": "[1, 2]",
             "not_in": "[1, 2]", "present": "true", "absent": "true"}  # fmt: skip
    text = "".join(rule(f"{{fact: n, {op}: {value}}}", name=op) for op, value in words.items())
    flipped = [one for one in mutants(definition_of(text)) if one.kind == "operator"]
    assert {one.rule for one in flipped} == set(words) == {op.value for op in Op}
    for one in flipped:
        changed = next(r for r in one.definition.rules if r.id == one.rule)
        assert changed.clauses[0][0].op.value != one.rule


def test_a_change_that_means_the_same_is_not_held_against_the_cases() -> None:
    assert mutate(definition_of(rule("{fact: e, ne: low}"))).equivalent == 0
    doubled = definition_of(rule("{fact: n, ge: 5}, {any: [{fact: n, ge: 3}, {fact: n, eq: 2}]}"))
    result = mutate(doubled)
    assert result.equivalent >= 4
    assert "without the alternative 'n eq 2'" not in {one.what for one in result.survivors}


def test_a_file_whose_cases_fail_is_not_mutated(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    cases = "cases: [{name: c, given: {n: 4}, expect: {guard: allow}}]\n"
    path.write_text(text_of("", guard("{fact: n, gt: 3}"), cases))
    with pytest.raises(BadRules, match="the case fails"):
        mutate_files([path])


def test_boundary_values_stand_on_and_beside_every_literal() -> None:
    definition = definition_of(rule("{fact: n, gt: 3}, {fact: d, le: 1.5}, {fact: s, eq: x}"))
    seen = list(boundary_facts(definition))
    assert {one["n"] for one in seen} == {2, 3, 4, None}
    assert {one["d"] for one in seen} == {1.49, 1.5, 1.51, None}
    assert {one["s"] for one in seen} == {"x", "x?", None}


def test_a_wrong_evaluator_shows_at_a_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = definition_of(rule("{fact: n, gt: 3}"))
    assert probe(definition, RuleSet(definition)).passed
    monkeypatch.setitem(_TESTS, Op.GT, _TESTS[Op.GE])
    wrong = RuleSet(definition, twice=False)
    monkeypatch.undo()
    probed = probe(definition, wrong)
    assert not probed.passed
    assert [one["n"] for one in probed.wrong] == [3]
