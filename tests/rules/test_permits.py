"""Where a set has permits, nothing is decided alone unless one of them fires."""

from __future__ import annotations

import pytest

from rules import Verdict, engine_available, parse_rules
from signalbox.domain.errors import BadRules
from tests.rules.helpers import FULL, OPTIONS, guard, text_of


def permit(when: str, name: str = "p1", more: str = "") -> str:
    return f"  - {{id: {name}, why: w, owner: o, when: [{when}]{more}}}\n"


SMALL = permit("{fact: n, le: 10}, {fact: e, eq: low}")


def rules_of(permits: str, guards: str = ""):
    return parse_rules(text_of("", guards, f"permits:\n{permits}"))


def test_a_permit_that_fires_lets_the_engine_decide() -> None:
    verdict = rules_of(SMALL).evaluate(FULL, OPTIONS)
    assert (verdict.permitted, verdict.guard, verdict.reasons) == (True, Verdict.ALLOW, ())
    assert verdict.fired == ("p1",)
    assert verdict.explain()[0]["effect"] == "allow"


def test_without_one_a_person_is_asked_and_told_the_nearest() -> None:
    rules = rules_of(permit("{fact: n, le: 1}, {fact: b, eq: false}", "far") + SMALL)
    verdict = rules.evaluate({**FULL, "n": 11}, OPTIONS)
    assert (verdict.permitted, verdict.guard) == (False, Verdict.REQUIRE_APPROVAL)
    assert verdict.reasons == ("no permit fires; the nearest, p1, lacks n le 10 (is 11)",)
    assert verdict.allowed == OPTIONS, "a person may still choose any of them"


@pytest.mark.parametrize("wrong", [{"n": None}, {"n": "5"}, {"e": None}, {"e": "medium"}])
def test_what_is_missing_or_malformed_permits_nothing(wrong: dict[str, object]) -> None:
    verdict = rules_of(SMALL).evaluate({**FULL, **wrong}, OPTIONS)
    assert verdict.permitted is False
    assert verdict.guard is Verdict.REQUIRE_APPROVAL


def test_guards_win_over_permits() -> None:
    verdict = rules_of(SMALL, guard("{fact: s, eq: x}")).evaluate(FULL, OPTIONS)
    assert (verdict.permitted, verdict.guard) == (True, Verdict.DENY)


def test_a_set_without_permits_says_nothing_of_them() -> None:
    assert (
        parse_rules(text_of("", guard("{fact: n, gt: 9}"))).evaluate(FULL, OPTIONS).permitted
        is None
    )


@pytest.mark.parametrize(("options", "covered"), [("[A]", ["A"]), ("[A, B]", ["A", "B"])])
def test_a_permit_covers_only_the_options_it_names(options: str, covered: list[str]) -> None:
    rules = rules_of(permit("{fact: n, le: 10}", more=f", options: {options}"))
    for option in (*OPTIONS, None):
        verdict = rules.evaluate({**FULL, "option": option}, OPTIONS)
        assert verdict.permitted is (option in covered)


@pytest.mark.skipif(not engine_available()[0], reason="durable-rules does not load here")
def test_a_failing_second_evaluator_permits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = rules_of(SMALL)
    assert rules._matcher is not None
    monkeypatch.setattr(rules._matcher, "match", lambda spelt: None)
    verdict = rules.evaluate(FULL, OPTIONS)
    assert (verdict.permitted, verdict.guard) == (False, Verdict.REQUIRE_APPROVAL)
    monkeypatch.setattr(rules._matcher, "match", lambda spelt: 0)
    assert rules.evaluate(FULL, OPTIONS).guard is Verdict.DENY


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (permit("{fact: e, eq: low}"), "allows without an upper bound"),
        (permit("{fact: n, ge: 3}"), "allows without an upper bound"),
        (permit("{any: [{fact: n, le: 3}, {fact: d, le: 3}]}"), "without an upper bound"),
        (permit("{fact: n, le: 3}, {fact: s, absent: true}"), "because a fact is absent"),
        (permit("{fact: n, le: 3}", more=", options: [$team]"), "does not go by what is bound"),
        (permit("{fact: n, le: 3}", more=", verdict: allow"), "unknown field 'verdict'"),
    ],
)
def test_a_permit_that_leaves_too_much_open_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadRules) as caught:
        rules_of(text)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "when",
    ["{fact: n, in: [1, 2]}", "{fact: n, eq: 1}", "{any: [{fact: n, lt: 3}, {fact: n, eq: 9}]}"],
)
def test_an_upper_bound_has_several_forms(when: str) -> None:
    assert rules_of(permit(when)).definition.permits


def test_a_permit_may_say_why_it_needs_no_bound() -> None:
    assert rules_of(permit("{fact: e, eq: low}", more=", unbounded: nothing is paid"))


def test_a_permit_may_not_go_by_the_text() -> None:
    text = """
name: t
version: 1
kind: routing
facts:
  text_length: {type: integer, required: true}
permits:
  - {id: p, why: w, owner: o, when: [{fact: text_length, lt: 100}]}
"""
    with pytest.raises(BadRules, match="text may only restrict"):
        parse_rules(text)
    own = text.replace("routing", "own").replace("required: true", "from_text: true")
    with pytest.raises(BadRules, match="text may only restrict"):
        parse_rules(own)


def test_what_narrows_may_not_read_the_option_it_leads_to() -> None:
    text = text_of("  - {id: r, why: w, owner: o, when: [{fact: option, eq: A}], forbid: [B]}\n")
    with pytest.raises(BadRules, match="narrows the options by 'option'"):
        parse_rules(text.replace("facts:\n", "facts:\n  option: {type: string}\n"))
    with pytest.raises(BadRules, match="'option' is the drafted option"):
        parse_rules(text.replace("facts:\n", "facts:\n  option: {type: integer}\n"))
