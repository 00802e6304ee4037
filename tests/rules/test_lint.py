"""Findings that need the whole set: each with severity, place, rule and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import check_rules, lint_groups, load_rules
from rules.findings import Finding
from rules.packs import ROUTING, SHIPPED
from tests.rules.helpers import guard, rule, text_of

HEAD = "# name: t\n# version: 1\n# kind: test\n# owner: o\n"
CASES = "cases: [{name: c, given: {n: 4}, expect: {fired: [r1]}}]\n"


def found(tmp_path: Path, text: str, name: str = "f.yaml") -> list[Finding]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return check_rules(path)


def told(findings: list[Finding], words: str) -> Finding:
    hits = [one for one in findings if words in one.message]
    assert len(hits) == 1, [str(one) for one in findings]
    return hits[0]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_packs_have_no_findings(path: Path) -> None:
    assert check_rules(path) == []


def test_an_unknown_fact_is_told_with_line_column_and_the_nearest(tmp_path: Path) -> None:
    text = ROUTING.read_text().replace("{fact: amount, ge", "{fact: amout, ge")
    finding = told(found(tmp_path, text), "unknown fact 'amout'")
    line = text.splitlines()[finding.line - 1]
    assert line[finding.column - 1 :].startswith("{fact: amout")
    assert finding.as_json() == {
        "severity": "error",
        "file": "f.yaml",
        "line": finding.line,
        "column": finding.column,
        "rule": "large-amount-needs-a-person",
        "message": "unknown fact 'amout'",
        "fix": "did you mean 'amount'?",
    }


def test_gaps_of_a_table_name_facts_for_which_it_has_no_row(tmp_path: Path) -> None:
    rows = (
        "id,when:n:integer!,when:e:string(low|high),then:forbid,why\n"
        "a,<10,-,A,w\nb,>=10,low,B,w\nc,>10,high,C,w\n"
    )
    finding = told(found(tmp_path, HEAD + "# hit: FIRST\n" + rows, "t.csv"), "has a gap")
    assert finding.severity == "warning"
    assert "no row for n 10, e high" in finding.message or "e missing" in finding.message
    whole = rows.replace("c,>10,high", 'c,>=10,"high, absent"')
    assert not any("gap" in str(one) for one in found(tmp_path, HEAD + "# hit: UNIQUE\n" + whole,
                                                      "t.csv"))  # fmt: skip
    meant = HEAD + "# hit: FIRST\n# gaps: the rest is as the model says\n" + rows
    assert not any("gap" in str(one) for one in found(tmp_path, meant, "t.csv"))


def test_a_table_too_large_to_look_through_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"r{i},{i},>{i},A,w\n" for i in range(9)) + "z,-,-,B,w\n"
    text = f"{HEAD}# hit: FIRST\nid,when:n:integer!,when:m:integer!,then:forbid,why\n{rows}"
    assert not any("too large" in str(one) for one in found(tmp_path, text, "t.csv"))
    monkeypatch.setattr(lint_groups, "GAP_STEPS", 0)
    rows = rows.replace("z,-,-", "z,<0,-")
    text = f"{HEAD}# hit: FIRST\nid,when:n:integer!,when:m:integer!,then:forbid,why\n{rows}"
    finding = told(found(tmp_path, text, "t.csv"), "too large to look for gaps")
    assert (finding.severity, finding.hint[:15]) == ("warning", "split the table")


def test_what_nothing_uses_is_a_warning_where_it_is_declared(tmp_path: Path) -> None:
    findings = found(tmp_path, text_of(rule("{fact: n, gt: 3}"), rest=CASES))
    fact = told(findings, "no rule reads the fact 'd'")
    assert (fact.severity, fact.line) == ("warning", 7)
    assert told(findings, "no rule takes the binding '$team'").line == 4
    assert not [one for one in findings if one.severity == "error"]
    load_rules(tmp_path / "f.yaml")


def test_a_rule_that_no_case_makes_fire_is_a_warning(tmp_path: Path) -> None:
    text = text_of(rule("{fact: n, gt: 3}") + rule("{fact: n, gt: 9}", "forbid: [B]", "r2"))
    assert told(found(tmp_path, text + CASES), "fires in no case").rule == "r2"
    assert told(found(tmp_path, text), "there are no cases").severity == "warning"


def test_a_permit_that_guards_always_take_back_is_a_warning(tmp_path: Path) -> None:
    permits = "permits:\n  - {id: p, why: w, owner: o, when: [{fact: n, lt: 5}]}\n"
    text = text_of("", guard("{fact: n, lt: 3}") + guard("{fact: n, ge: 3}", name="g2"), permits)
    assert told(found(tmp_path, text), "never permits anything").rule == "p"
    less = text_of("", guard("{fact: n, lt: 3}") + guard("{fact: n, gt: 3}", name="g2"), permits)
    assert not any("never permits" in str(one) for one in found(tmp_path, less))


def test_a_large_expansion_is_a_warning_and_a_larger_one_refused(tmp_path: Path) -> None:
    group = "{any: [{fact: n, gt: %d}, {fact: d, gt: %d}]}"
    five = ", ".join(group % (i, i) for i in range(5))
    six = ", ".join(group % (i, i) for i in range(6))
    finding = told(found(tmp_path, text_of(rule(five))), "expand to 32 combinations")
    assert finding.severity == "warning"
    assert told(found(tmp_path, text_of(rule(six))), "more than 32").severity == "error"


def test_more_nodes_than_the_matcher_holds_is_a_warning(tmp_path: Path) -> None:
    facts = "".join(f"  x{i}: {{type: integer, required: true}}\n" for i in range(60))
    wide, deep = (
        "{any: [" + ", ".join(f"{{fact: x{i}, gt: {i}}}" for i in range(low, low + 30)) + "]}"
        for low in (0, 30)
    )
    rules = rule(wide, name="r1") + rule(deep, "forbid: [B]", "r2") + rule(
        "{any: [{fact: n, gt: 3}, {fact: d, gt: 3}, {fact: s, eq: x}, {fact: b, eq: true}]}, "
        "{any: [{fact: n, gt: 9}, {fact: d, gt: 8}, {fact: s, eq: y}, {fact: e, eq: low}]}",
        "forbid: [C]", "r3")  # fmt: skip
    text = text_of(rules).replace("facts:\n", "facts:\n" + facts)
    finding = told(found(tmp_path, text), "nodes of durable-rules match one decision")
    assert "64 fit" in finding.message


def test_nothing_is_taken_or_spared_by_what_the_text_says(tmp_path: Path) -> None:
    text = ROUTING.read_text().replace("{fact: in_scope, eq: false}", "{fact: redactions, ge: 1}")
    finding = told(found(tmp_path, text), "takes '$fallback_team' by 'redactions'")
    assert finding.severity == "error"
    rows = "id,when:redactions,then:forbid,why\na,>3,A,w\nb,-,B,w\n"
    table = HEAD.replace("test", "routing") + "# hit: FIRST\n" + rows
    assert told(found(tmp_path, table, "t.csv"), "spares the rows after it").rule == "a"
    last = table.replace("a,>3,A,w\nb,-,B,w", "b,<3,B,w")
    assert not [one for one in found(tmp_path, last, "t.csv") if one.severity == "error"]
