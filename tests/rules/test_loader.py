"""Files that are refused, each with its place and its fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import check_rules, load_rules, parse_rules, unknown_options
from rules.packs import FALLBACK, ROUTING
from rules.source import MAX_BYTES
from signalbox.domain.errors import BadRules, TooLarge
from tests.rules.helpers import guard, rule, text_of

OK = rule("{fact: n, gt: 3}")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "is a mapping", "begin with"),
        ("a: [1", "not valid YAML", "indentation"),
        ("a: 1\na: 2\n", ":2: the key 'a' is given twice", "remove"),
        ("a: &x [1]\nb: *x\n", "anchors and aliases", "write it out"),
        ("a: " + "[" * 500 + "]" * 500, "nested too deep", "deep"),
        ("a: 1\nb: \x00", "f.yaml:2: not valid YAML: the character U+0000", "remove"),
        ("a:\n\t- 1\n", "f.yaml:2: not valid YAML", "no tabs"),
        ("1: 2", "a key is not text", "quote"),
        ("? [a]\n: b", "a key is not text", "quote"),
        ("a: !!bool x", "not a value", "quote"),
        ("a: !!timestamp x", "not a value", "quote"),
        ("a: !!python/object:os.system x", "could not determine a constructor", ""),
        ("a: 2026-13-45", "not a value", "quote"),
        (text_of(), "neither rules nor guards", "add"),
        (text_of(OK) + "nmae: x\n", "unknown field 'nmae'", "'name'"),
        (text_of(rule("{fact: nn, gt: 3}")), "'r1' unknown fact 'nn'", "did you mean 'n'"),
        (text_of(rule("{fact: n, gtt: 3}")), "unknown operator 'gtt'", "'gt'"),
        (text_of(rule("{fact: n, gt: 3, lt: 5}")), "has 2 operators", "one for each"),
        (text_of(rule("{fact: n, gt: yes}")), "expects an integer, got boolean", ""),
        (text_of(rule("{fact: s, eq: no}")), "expects a string, got boolean", "quote it"),
        (text_of(rule("{fact: e, eq: hihg}")), "is not one of low, high", "'high'"),
        (text_of(rule("{fact: d, gt: 1.555}")), "more than 2 decimal places", ""),
        (text_of(rule("{fact: n, gt: 9007199254740993}")), "±2^53", ""),
        (text_of(rule("{fact: s, gt: a}")), "'gt' does not go with the string", "use eq"),
        (text_of(rule("{fact: b, in: [true]}")), "'in' does not go with the boolean", "eq"),
        (text_of(rule("{fact: s, in: []}")), "at least one value", "write in"),
        (text_of(rule("{fact: s, present: false}")), "followed by true", "absent: true"),
        (text_of(rule("")), "at least one condition", "write"),
        (text_of(rule("{any: []}")), "'any' holds a list", "any"),
        (text_of(OK + OK), "the id 'r1' is taken by line 12", "rename"),
        (text_of(OK, guard("{fact: n, gt: 3}", name="r1")), "is taken", "rename"),
        (text_of(rule("{fact: n, gt: 3}", "force: ''")), "1 to 256 characters", "fill"),
        (text_of(rule("{fact: n, gt: 3}", "forbid: []")), "'forbid' is empty", "at least one"),
        (text_of(rule("{fact: n, gt: 3}", "force: $tema")), "not a binding", "'team'"),
        (text_of(rule("{fact: n, gt: 3}", "forbid: [$team]")), "may be unbound", "required"),
        (text_of(rule("{fact: n, gt: 3}", "force: A, forbid: [A]")), "forces and forbids", ""),
        (text_of("", guard("{fact: n, gt: 3}", "alow")), "unknown verdict 'alow'", ""),
        (text_of(rule("{fact: n, gt: 3}, {fact: n, lt: 4}")), "can never fire", "remove"),
        (text_of(rule("{fact: n, eq: 3}, {fact: n, absent: true}")), "can never fire", "remove"),
        (text_of(rule("{fact: e, not_in: [low, high]}")), "can never fire", "remove"),
        (text_of(rule("{fact: e, absent: true}")), "required fact 'e' is absent", "by itself"),
        (text_of("", guard("{fact: s, ne: ok}")), "would silence the guard", "absent: true"),
        (text_of(OK, rest="cases: [{name: c, expect: {}}]\n"), "expects nothing", "add"),
        (
            text_of(OK, rest="cases: [{name: c, given: {x: 1}, expect: {guard: deny}}]\n"),
            "'c' unknown fact 'x'",
            "known",
        ),
        (
            text_of(OK, rest="cases: [{name: c, given: {e: low, b: true, n: 4}, "
                             "expect: {fired: []}}]\n"),
            "'c' the case fails: fired is ['r1'], expected []",
            "correct the rule or the case",
        ),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_place_and_fix(text: str, message: str, hint: str) -> None:
    with pytest.raises(BadRules) as caught:
        parse_rules(text, file="f.yaml")
    assert message in caught.value.message
    assert "f.yaml" in caught.value.message
    assert hint in caught.value.hint


def test_several_faults_are_shown_together_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(text_of(rule("{fact: x, gt: 3}") + rule("{fact: n, like: 3}", name="r2")))
    findings = check_rules(path)
    assert [(finding.line, finding.rule) for finding in findings] == [(12, "r1"), (13, "r2")]
    with pytest.raises(BadRules, match=r"two\.yaml:12.*two\.yaml:13"):
        load_rules(path)


def test_a_fact_the_engine_does_not_supply_is_refused() -> None:
    text = "name: t\nversion: 1\nkind: routing\nfacts: {prioriti: {type: string}}\n"
    with pytest.raises(BadRules) as caught:
        parse_rules(text + "rules:\n" + rule("{fact: prioriti, eq: high}"))
    assert caught.value.hint == "did you mean 'priority'?"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(TooLarge):
        load_rules(huge)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: caf\u00e9".encode("latin-1"))
    with pytest.raises(BadRules, match="not UTF-8"):
        load_rules(latin)
    with pytest.raises(BadRules, match="No such file"):
        load_rules(tmp_path / "absent.yaml")


def test_rules_for_another_kind_are_refused_where_one_is_asked_for() -> None:
    with pytest.raises(BadRules, match=r"f\.yaml:\d+: the rules are for the kind 'test'") as caught:
        parse_rules(text_of(OK), file="f.yaml", kind="routing")
    assert caught.value.hint == "write 'kind: routing'"
    assert parse_rules(text_of(OK), file="f.yaml", kind="test").kind == "test"


def test_an_option_nobody_knows_is_pointed_out_with_its_line() -> None:
    rules = parse_rules(text_of(rule("{fact: n, gt: 3}", "forbid: [network]")), file="f.yaml")
    assert unknown_options(rules.definition, ["network", "payroll"]) == []
    (told,) = unknown_options(rules.definition, ["netwrok", "payroll"])
    assert told.startswith("f.yaml:12: the rule 'r1' names 'network'")
    assert told.endswith("did you mean 'netwrok'?")


def test_an_option_that_only_a_guard_or_permit_names_is_pointed_out_too() -> None:
    text = text_of("", guard("{fact: option, in: [network, legal]}"))
    rules = parse_rules(text.replace("facts:\n", "facts:\n  option: {type: string}\n"))
    (told,) = unknown_options(rules.definition, ["network", "payroll"])
    assert "the rule 'g1' names 'legal'" in told


def test_what_is_very_long_is_cut_short() -> None:
    with pytest.raises(BadRules) as caught:
        parse_rules(text_of(rule("{fact: n, gt: 3}", name="a" * 5_000)))
    assert len(str(caught.value)) < 2_000


def test_bindings_are_checked() -> None:
    text = text_of(OK).replace("team: optional", "team: required")
    with pytest.raises(BadRules, match="'team' is required"):
        parse_rules(text)
    with pytest.raises(BadRules, match="did you mean 'team'"):
        parse_rules(text, bindings={"taem": "A"})
    assert parse_rules(text, bindings={"team": "A"}).bindings == {"team": "A"}


@pytest.mark.parametrize("path", [ROUTING, FALLBACK])
def test_shipped_packs_load_and_every_rule_fires_in_some_case(path: Path) -> None:
    rule_set = load_rules(path, bindings={"fallback_team": "triage"})
    fired = {
        name
        for case in rule_set.definition.cases
        for name in rule_set.evaluate(case.given, case.options).fired
    }
    assert fired == {rule.id for rule in rule_set.definition.all_rules}
    assert check_rules(path) == []


def test_the_digest_follows_what_bears_on_a_verdict() -> None:
    digest = parse_rules(text_of(OK)).digest
    assert len(digest) == 64
    assert parse_rules(text_of(OK) + "# a comment\n").digest == digest
    assert parse_rules(text_of(OK.replace("gt: 3", "gt: 4"))).digest != digest
    assert parse_rules(text_of(OK), bindings={"team": "A"}).digest != digest


def test_one_rule_more_in_a_copy_of_the_shipped_pack_breaks_none_of_its_cases(
    tmp_path: Path,
) -> None:
    more = """rules:
  - id: phones-go-to-the-desk
    why: The desk answers the phones.
    owner: service desk
    when:
      - {fact: amount, lt: 3}
    force: A
"""
    path = tmp_path / "copy.yaml"
    path.write_text(ROUTING.read_text().replace("rules:\n", more, 1))
    assert "phones-go-to-the-desk" in [rule.id for rule in load_rules(path).definition.rules]


def test_a_failing_case_shows_the_whole_difference(tmp_path: Path) -> None:
    ids = [rule.id for rule in load_rules(ROUTING).definition.all_rules]
    path = tmp_path / "copy.yaml"
    wrong = f"expect: {{fired: [{', '.join(ids)}]"
    path.write_text(ROUTING.read_text().replace("expect: {fired: []", wrong, 1))
    with pytest.raises(BadRules) as caught:
        load_rules(path)
    _, _, missing = caught.value.message.partition("missing: ")
    assert len(caught.value.message) > 500
    assert all(repr(one) in missing for one in ids)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('"\\U00110000"', "not valid YAML"),
        ("!!int ''", "not a whole number"),
        ("!!float ''", "not a plain number"),
        ("0x" + "f" * 50_000, "not a whole number"),
        ("010", "plain decimal digits"),
        ("1:30", "plain decimal digits"),
        ("1_000", "plain decimal digits"),
        ("!!bool x", "not a value"),
    ],
)
def test_what_yaml_reads_otherwise_than_people_is_refused(written: str, said: str) -> None:
    for text in (text_of(rule(f"{{fact: n, gt: {written}}}")), f"name: a\nversion: {written}\n"):
        with pytest.raises(BadRules, match=said) as caught:
            parse_rules(text, file="f.yaml")
        assert str(caught.value).startswith("f.yaml:")


def test_a_list_has_its_bound() -> None:
    listed = ", ".join(map(str, range(5_001)))
    with pytest.raises(BadRules, match="lists 5001 values"):
        parse_rules(text_of(rule(f"{{fact: n, in: [{listed}]}}")))
