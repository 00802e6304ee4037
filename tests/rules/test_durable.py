"""Each measured hazard of durable-rules, and what happens when it misbehaves all the same."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

from rules import Verdict, engine_available
from rules.durable import MAX_REBUILDS, import_engine
from rules.encoding import name_hash
from rules.sharding import SHARD_STACK
from tests.rules.helpers import FULL, OPTIONS, guard, rule, rule_set

needs_engine = pytest.mark.skipif(not engine_available()[0], reason=engine_available()[1])
DENY_ADMIN = guard("{fact: s, eq: admin}")


@needs_engine
def test_long_text_is_not_compared_modulo_65536() -> None:
    verdict = rule_set(rule("{fact: s, eq: admin}", "fallback: C")).evaluate(
        {**FULL, "s": "admin" + "x" * 65536}, OPTIONS
    )
    assert verdict.fired == () and verdict.guard is Verdict.REQUIRE_APPROVAL


@needs_engine
def test_names_that_collide_in_its_hash_or_spell_a_path_are_not_read() -> None:
    assert name_hash("mnettwx") == name_hash("approved")
    rules = rule_set("", guard("{fact: b, eq: true}"))
    verdict = rules.evaluate({**FULL, "b": False, "mnettwx": True, "m.b": True}, OPTIONS)
    assert verdict.guard is Verdict.ALLOW and not verdict.disagreement


@needs_engine
def test_numbers_in_text_stay_text() -> None:
    rules = rule_set(rule("{fact: n, gt: 10}") + rule("{fact: s, eq: '12'}", name="r2"))
    assert rules.evaluate({**FULL, "s": "12"}, OPTIONS).fired == ("r2",)
    assert rules.evaluate({**FULL, "s": "12.0"}, OPTIONS).fired == ()
    assert rules.evaluate({**FULL, "n": "12"}, OPTIONS).fired == ()


@needs_engine
def test_every_condition_of_a_rule_is_looked_at() -> None:
    rules = rule_set(rule("{fact: n, ge: 5}, {fact: n, le: 5}, {fact: b, eq: false}"))
    assert rules.evaluate(FULL, OPTIONS).fired == ()
    assert rules.evaluate({**FULL, "b": False}, OPTIONS).fired == ("r1",)


@needs_engine
def test_ne_with_a_missing_fact_can_be_guarded_against() -> None:
    rules = rule_set("", guard("{any: [{fact: s, ne: ok}, {fact: s, absent: true}]}"))
    for facts, expected in (
        ({"s": None}, Verdict.DENY),
        ({"s": "bad"}, Verdict.DENY),
        ({"s": "ok"}, Verdict.ALLOW),
    ):
        assert rules.evaluate({**FULL, **facts}, OPTIONS).guard is expected
    assert rules.disagreements == 0


@needs_engine
def test_more_matches_than_its_stack_holds() -> None:
    rules = rule_set("".join(rule(f"{{fact: n, gt: {i - 400}}}", name=f"r{i}") for i in range(400)))
    for value in (0, 400, -401):
        verdict = rules.evaluate({**FULL, "n": value}, OPTIONS)
        assert len(verdict.fired) == min(400, max(0, value + 400))
    assert (rules.disagreements, rules.failures) == (0, 0)
    assert SHARD_STACK < 64


@needs_engine
def test_largest_numbers_and_quantised_decimals_agree() -> None:
    rules = rule_set(
        rule("{fact: n, ge: 9007199254740992}")
        + rule("{fact: n, le: -9007199254740992}", name="r2")
        + rule("{fact: d, eq: 0.29}", name="r3")
    )
    assert rules.evaluate({**FULL, "n": 2**53}, OPTIONS).fired == ("r1",)
    assert rules.evaluate({**FULL, "n": -(2**53)}, OPTIONS).fired == ("r2",)
    for value in (0.29, 0.2900001, Decimal("0.285000001"), 0.29 + 1e-12):
        assert rules.evaluate({**FULL, "d": value}, OPTIONS).fired == ("r3",)
    assert rules.disagreements == 0


@needs_engine
def test_every_value_there_is_counts_as_present() -> None:
    extremes = {"n": (-(2**53), 0, 2**53), "d": (-(2**53) / 100, Decimal(2**53) / 100, 0),
                "s": ("", "other"), "e": ("low", "high"), "b": (False, True)}  # fmt: skip
    asked = "".join(rule(f"{{fact: {name}, present: true}}", name=name) for name in extremes)
    rules = rule_set(asked + rule("{fact: s, eq: a}", name="named"))
    for name, values in extremes.items():
        for value in values:
            assert name in rules.evaluate({**FULL, name: value}, OPTIONS).fired
        assert name not in rules.evaluate({**FULL, name: None}, OPTIONS).fired
    assert (rules.disagreements, rules.failures) == (0, 0)


@needs_engine
def test_nothing_is_left_over_from_one_evaluation_to_the_next() -> None:
    rules = rule_set(rule("{fact: n, gt: 10}"))
    for n in (11, 5, 11, 12, 5, 5):
        verdict = rules.evaluate({**FULL, "n": n}, OPTIONS)
        assert bool(verdict.fired) is (n > 10) and not verdict.disagreement


def test_without_the_extension_python_evaluates_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    available, reason = engine_available()
    assert not available and reason.startswith("durable-rules does not load: ")
    verdict = rule_set("", DENY_ADMIN).evaluate({**FULL, "s": "admin"}, OPTIONS)
    assert verdict.evaluators == "python-only"
    assert verdict.guard is Verdict.DENY


class Broken:
    """The real extension, but for one function."""

    def __init__(self, name: str, answer: object) -> None:
        self._engine = import_engine()
        self.broken = True
        self.created = 0
        self._name, self._answer = name, answer

    def create_ruleset(self, name: str, rules: str) -> int:
        self.created += 1
        return self._engine.create_ruleset(name, rules)

    def __getattr__(self, name: str) -> object:
        if name != self._name or not self.broken:
            return getattr(self._engine, name)

        def answer(*_: object) -> object:
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return answer


@needs_engine
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("assert_fact", (7, 0)),
        ("assert_fact", RuntimeError("error code: 303")),
        ("retract_fact", (2, 0)),
        ("start_action_for_state", None),
        ("start_action_for_state", ("{}", '{"r9":{"m":{}}}')),
        ("complete_and_start_action", '{"r0":{"m":{"sid":"1","id":"1"}}}'),
        ("complete_and_start_action", MemoryError()),
    ],
)
def test_an_unexpected_return_fails_closed_and_replaces_the_handle(
    name: str, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Broken(name, answer)
    monkeypatch.setitem(sys.modules, "durable_rules_engine", engine)  # type: ignore[arg-type]
    rules = rule_set(rule("{fact: n, gt: 3}"))
    verdict = rules.evaluate(FULL, OPTIONS)
    assert verdict.guard is Verdict.REQUIRE_APPROVAL
    assert "second rule evaluator failed" in verdict.reasons[-1]
    assert (rules.failures, engine.created) == (1, 2)
    engine.broken = False
    verdict = rules.evaluate(FULL, OPTIONS)
    assert (verdict.guard, verdict.fired, rules.failures) == (Verdict.ALLOW, ("r1",), 1)


@needs_engine
def test_a_matcher_that_keeps_failing_is_given_up_and_stays_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Broken("assert_fact", (9, 9))
    monkeypatch.setitem(sys.modules, "durable_rules_engine", engine)  # type: ignore[arg-type]
    rules = rule_set(rule("{fact: n, gt: 3}"))
    for _ in range(MAX_REBUILDS + 5):
        assert rules.evaluate(FULL, OPTIONS).guard is Verdict.REQUIRE_APPROVAL
    assert engine.created == MAX_REBUILDS + 1


@needs_engine
def test_disagreement_denies_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Broken("assert_fact", (1, 0))
    monkeypatch.setitem(sys.modules, "durable_rules_engine", engine)  # type: ignore[arg-type]
    rules = rule_set(rule("{fact: n, gt: 3}", "force: A"))
    verdict = rules.evaluate(FULL, OPTIONS)
    assert verdict.disagreement and verdict.guard is Verdict.DENY
    assert (verdict.allowed, verdict.forced) == ((), None)
    assert rules.disagreements == 1
    assert "disagree on r1" in verdict.reasons[-1]


@needs_engine
def test_a_closed_set_stays_closed() -> None:
    rules = rule_set(rule("{fact: n, gt: 3}"))
    rules.close()
    assert rules.evaluate(FULL, OPTIONS).guard is Verdict.DENY
