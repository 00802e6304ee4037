"""Several rows of one table fire: what acts, what is only noted, and what closes."""

from __future__ import annotations

import pytest

from rules import RuleSet, Verdict, engine_available, parse_rules
from rules.model import Definition, Group, Hit
from signalbox.domain.errors import BadRules
from tests.rules.helpers import FULL, OPTIONS, guard, rule, text_of

NARROWING = "id,when:n:integer,then:forbid,why\nlow,<10,A,w\nmid,<20,B,w\nrest,-,C,w\n"
HEAD = "# name: t\n# version: 1\n# kind: test\n# owner: o\n"


def table(hit: str, rows: str = NARROWING) -> str:
    return f"{HEAD}# hit: {hit}\n{rows}"


def unlinted(hit: Hit, text: str) -> RuleSet:
    """The rules of a YAML text as one group, past the checks that would refuse it."""
    definition = parse_rules(text).definition
    ids = tuple(one.id for one in definition.all_rules)
    group = Group("g", hit, ids)
    return RuleSet(
        Definition("t", "1", "test", definition.schema, definition.rules, definition.guards,
                   permits=definition.permits, groups=(group,))
    )  # fmt: skip


def test_collect_lets_every_row_act() -> None:
    verdict = parse_rules(table("COLLECT"), file="t.csv").evaluate({"n": 5}, OPTIONS)
    assert verdict.fired == ("low", "mid", "rest")
    assert verdict.forbidden == ("A", "B", "C")
    assert verdict.guard is Verdict.REQUIRE_APPROVAL, "nothing is left"


@pytest.mark.parametrize(("n", "acting", "shadowed"), [
    (5, "low", ("mid", "rest")), (15, "mid", ("rest",)), (25, "rest", ()), (None, "rest", ()),
])  # fmt: skip
def test_first_lets_the_first_row_act_and_names_the_others(
    n: int | None, acting: str, shadowed: tuple[str, ...]
) -> None:
    rules = parse_rules(table("first"), file="t.csv")
    verdict = rules.evaluate({"n": n}, OPTIONS)
    assert (verdict.fired, verdict.shadowed) == ((acting,), shadowed)
    assert verdict.guard is Verdict.ALLOW
    outcomes = {row["rule"]: row["outcome"] for row in verdict.explain()}
    assert all(outcomes[name] == "shadowed" for name in shadowed)
    assert rules.disagreements == rules.failures == 0


def test_two_rows_of_a_unique_table_ask_for_a_person() -> None:
    text = text_of(rule("{fact: n, gt: 3}") + rule("{fact: d, gt: 1}", "forbid: [B]", "r2"))
    rules = unlinted(Hit.UNIQUE, text)
    verdict = rules.evaluate(FULL, OPTIONS)
    assert verdict.guard is Verdict.REQUIRE_APPROVAL
    assert verdict.reasons == ("only one row of 'g' may fire, and these do: r1, r2",)
    assert verdict.allowed == ("C",), "what narrows goes on narrowing"
    assert rules.evaluate({**FULL, "n": 0}, OPTIONS).guard is Verdict.ALLOW


def test_two_guards_of_a_unique_table_are_told_as_well() -> None:
    guards = guard("{fact: n, gt: 3}", "require_approval") + guard("{fact: d, gt: 1}", name="g2")
    reasons = unlinted(Hit.UNIQUE, text_of("", guards)).evaluate(FULL, OPTIONS).reasons
    assert reasons[-1] == "only one row of 'g' may fire, and these do: g1, g2"


@pytest.mark.parametrize("hit", list(Hit))
def test_no_policy_takes_a_guard_back(hit: Hit) -> None:
    guards = guard("{fact: n, gt: 3}", "require_approval") + guard("{fact: d, gt: 1}", name="g2")
    verdict = unlinted(hit, text_of("", guards)).evaluate(FULL, OPTIONS)
    assert verdict.guard is Verdict.DENY
    assert verdict.fired == ("g1", "g2")


@pytest.mark.skipif(not engine_available()[0], reason="durable-rules does not load here")
def test_a_disagreement_shows_through_a_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = parse_rules(table("FIRST"), file="t.csv")
    matcher = rules._matcher
    assert matcher is not None
    # By the second evaluator only the shadowed row matches.
    monkeypatch.setattr(matcher, "match", lambda spelt: 0b010)
    verdict = rules.evaluate({"n": 25}, OPTIONS)
    assert verdict.disagreement and verdict.guard is Verdict.DENY
    assert rules.disagreements == 1
    monkeypatch.setattr(matcher, "match", lambda spelt: 0b101)
    assert rules.evaluate({"n": 5}, OPTIONS).disagreement, "though 'low' acts by both"


@pytest.mark.parametrize(
    ("hit", "rows", "message"),
    [
        ("UNIQUE", NARROWING, "'mid' overlaps 'low' in the UNIQUE 't': both fire for n"),
        ("FIRST", "id,when:n:integer,then:forbid,why\na,-,A,w\nb,<5,B,w\n", "'b' is never reached"),
        ("FIRST", "id,when:n:integer,then:forbid,why\na,<5,A,w\nb,>=3,B,w\nc,[0..9],C,w\n",
         "'c' is never reached"),
        ("MOST_RESTRICTIVE", NARROWING, "MOST_RESTRICTIVE is for verdicts"),
        ("FIRST", "id,when:n:integer,then:verdict,why\na,<5,require_approval,w\nb,<9,deny,w\n",
         "'b' fires beside 'a' all the same"),
        ("FIRST", "id,when:n:integer,then:verdict,why\na,<5,allow,w\nb,<9,deny,w\n",
         "'b' fires beside 'a' all the same"),
    ],
)  # fmt: skip
def test_what_a_policy_does_not_go_with_is_refused(hit: str, rows: str, message: str) -> None:
    with pytest.raises(BadRules) as caught:
        parse_rules(table(hit, rows), file="t.csv")
    assert message in caught.value.message


def test_a_section_of_a_yaml_file_may_say_its_policy() -> None:
    text = text_of(rule("{fact: n, gt: 3}") + rule("{fact: n, gt: 1}", "forbid: [B]", "r2"))
    verdict = parse_rules(text + "hit: {rules: FIRST}\n").evaluate(FULL, OPTIONS)
    assert (verdict.fired, verdict.shadowed) == (("r1",), ("r2",))
    with pytest.raises(BadRules, match="'r2' overlaps 'r1' in the UNIQUE 'rules'"):
        parse_rules(text + "hit: {rules: UNIQUE}\n")
    with pytest.raises(BadRules, match="unknown field 'rule'"):
        parse_rules(text + "hit: {rule: FIRST}\n")
    with pytest.raises(BadRules, match="permits are always collected"):
        parse_rules(text + "hit: {permits: FIRST}\n")


def test_the_digest_follows_a_policy_that_bears_on_the_verdict() -> None:
    digests = {hit: parse_rules(table(hit), file="t.csv").digest for hit in ("COLLECT", "FIRST")}
    assert digests["COLLECT"] != digests["FIRST"]
