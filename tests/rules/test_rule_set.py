"""What a verdict says, and that every doubt ends with a person or a refusal."""

from __future__ import annotations

import pytest

from rules import RuleSet, Verdict, load_rules, parse_rules
from rules.model import Definition
from rules.packs import ROUTING
from tests.rules.helpers import FULL, OPTIONS, guard, rule, rule_set, text_of

TRUE = "{fact: b, eq: true}"


def test_narrowing_and_trace() -> None:
    rules = rule_set(
        rule(TRUE, "forbid: [A]")
        + rule("{fact: n, gt: 3}, {fact: d, lt: 1}", "forbid: [B]", "r2")
        + rule("{fact: n, in: [4, 5]}", "fallback: C", "r3")
    )
    verdict = rules.evaluate(FULL, OPTIONS)
    assert verdict.fired == ("r1", "r3")
    assert verdict.near_misses == ("r2",)
    assert verdict.allowed == ("B", "C")
    assert verdict.fallback == "C"
    assert verdict.guard is Verdict.ALLOW
    rows = [row[:6] for row in verdict.rows()]
    assert rows == [
        ("r1", "b", "eq", True, True, True),
        ("r2", "n", "gt", 3, 5, True),
        ("r2", "d", "lt", 1.0, 1.5, False),
        ("r3", "n", "in", [4, 5], 5, True),
    ]
    explained = {entry["rule"]: entry["outcome"] for entry in verdict.explain()}
    assert explained == {"r1": "fired", "r2": "near", "r3": "fired"}


@pytest.mark.parametrize(
    ("effects", "reason"),
    [
        (["force: A", "force: B"], "force different options: A, B"),
        (["force: Z"], "'Z', which is not offered"),
        (["force: A", "forbid: [A]"], "force 'A' and forbid it"),
        (["force: $team"], "'$team', which is not bound"),
        (["fallback: Z"], "'Z', which is not offered"),
        (["fallback: A", "fallback: B"], "fall back to different options"),
        (["forbid: [A, B, C]"], "leave no option"),
    ],
)
def test_conflicts_ask_for_a_person(effects: list[str], reason: str) -> None:
    text = "".join(rule(TRUE, effect, f"r{i}") for i, effect in enumerate(effects))
    verdict = rule_set(text).evaluate(FULL, OPTIONS)
    assert verdict.forced is None and verdict.fallback is None
    assert verdict.guard is Verdict.REQUIRE_APPROVAL
    assert reason in verdict.reasons[-1]


def test_an_unbound_name_names_the_setting_that_binds_it() -> None:
    shipped = load_rules(ROUTING)
    given = {"priority": "normal", "text_length": 9, "language_risk": False, "redactions": 0,
             "in_scope": False, "confidence": 0.9, "model_ready": True}  # fmt: skip
    reasons = shipped.evaluate(given, OPTIONS).reasons
    assert "'$fallback_team', which is not bound; set SIGNALBOX_FALLBACK_TEAM" in reasons[-1]


def test_a_bound_name_is_forced() -> None:
    verdict = rule_set(rule(TRUE, "force: $team"), team="B").evaluate(FULL, OPTIONS)
    assert (verdict.forced, verdict.allowed, verdict.guard) == ("B", ("B",), Verdict.ALLOW)


def test_no_options_at_all_ask_for_a_person() -> None:
    verdict = rule_set(rule("{fact: n, gt: 99}")).evaluate(FULL, ())
    assert verdict.guard is Verdict.REQUIRE_APPROVAL


def test_the_most_restrictive_guard_wins() -> None:
    guards = guard(TRUE, "require_approval") + guard(TRUE, "deny", "g2") + guard(TRUE, name="g3")
    assert rule_set("", guards).evaluate(FULL, OPTIONS).guard is Verdict.DENY


@pytest.mark.parametrize(
    "wrong",
    [{"b": 1}, {"b": None}, {"b": "true"}, {"b": 1.0}],
)
def test_a_guard_on_a_missing_or_malformed_fact_is_assumed(wrong: dict[str, object]) -> None:
    rules = rule_set("", guard(TRUE) + guard(TRUE + ", {fact: n, gt: 9}", name="g2"))
    rules.evaluate(FULL, OPTIONS)  # True is remembered now, and equals 1 as a key
    verdict = rules.evaluate({**FULL, **wrong}, OPTIONS)
    assert verdict.assumed == ("g1",), "g2 is contradicted by n"
    assert verdict.guard is Verdict.DENY
    assert "fact 'b'" in verdict.reasons[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"s": "x" * 1025}, {"s": "a\x00b"}, {"s": "\ud800"}, {"s": 12}, {"n": "12"}, {"n": True},
        {"n": 2**53 + 1}, {"n": 1.0}, {"d": float("nan")}, {"d": float("inf")}, {"d": 1e300},
        {"d": "1.5"}, {"e": "lowest"}, {"s": ["x"]}, {"n": {}}, {"e": None},
    ],
)  # fmt: skip
def test_a_fact_that_does_not_fit_asks_for_a_person(wrong: dict[str, object]) -> None:
    rules = rule_set(rule("{fact: n, gt: 99}"))
    assert rules.evaluate(FULL, OPTIONS).guard is Verdict.ALLOW
    for _ in range(2):
        verdict = rules.evaluate({**FULL, **wrong}, OPTIONS)
        assert verdict.guard is Verdict.REQUIRE_APPROVAL
        assert rules.disagreements == 0


class Sly(str):
    """Text that passes for any other as a dictionary key."""

    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("admin")


class Unhashable(str):
    __hash__ = None  # type: ignore[assignment]


def test_text_is_read_for_what_it_is_whatever_its_hash() -> None:
    rules = rule_set(rule("{fact: s, eq: admin}"))
    for _ in range(3):
        assert rules.evaluate({**FULL, "s": "admin"}, OPTIONS).fired == ("r1",)
        for text in (Sly("x"), Unhashable("y")):
            assert rules.evaluate({**FULL, "s": text}, OPTIONS).fired == ()


def test_facts_that_are_not_declared_are_not_read() -> None:
    verdict = rule_set("", guard(TRUE)).evaluate({**FULL, "b": False, "approved": True}, OPTIONS)
    assert verdict.guard is Verdict.ALLOW
    assert [name for name, *_ in verdict.trace] == ["n", "d", "s", "e", "b"]


def test_missing_optional_facts_make_only_absent_true() -> None:
    words = ["eq: 1", "ne: 1", "lt: 1", "le: 1", "gt: 1", "ge: 1", "in: [1]", "not_in: [1]",
             "present: true", "absent: true"]  # fmt: skip
    text = "".join(rule(f"{{fact: n, {w}}}", name=f"r{i}") for i, w in enumerate(words))
    rules = rule_set(text)
    verdict = rules.evaluate({"e": "low", "b": True}, OPTIONS)
    assert verdict.fired == ("r9",)
    assert not verdict.disagreement


def test_evaluation_is_pure_and_repeatable() -> None:
    rules = rule_set(rule("{fact: d, lt: 2}"), guard("{fact: s, eq: x}"))
    facts, options = dict(FULL), list(OPTIONS)
    first, second = rules.evaluate(facts, options), rules.evaluate(facts, options)
    assert first == second
    assert (facts, options) == (FULL, list(OPTIONS))


def test_any_group_needs_one_of_its_conditions() -> None:
    rules = rule_set(rule("{any: [{fact: n, gt: 9}, {fact: s, eq: x}]}, " + TRUE))
    assert rules.evaluate(FULL, OPTIONS).fired == ("r1",)
    assert rules.evaluate({**FULL, "n": 10, "s": "y"}, OPTIONS).fired == ("r1",)
    verdict = rules.evaluate({**FULL, "s": "y"}, OPTIONS)
    assert (verdict.fired, verdict.near_misses) == ((), ("r1",))


def test_python_only_says_so() -> None:
    definition: Definition = parse_rules(text_of(rule(TRUE))).definition
    verdict = RuleSet(definition, twice=False).evaluate(FULL, OPTIONS)
    assert verdict.evaluators == "python-only"
    assert verdict.fired == ("r1",)
    assert not verdict.disagreement
