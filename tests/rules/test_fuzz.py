"""Hostile facts: both evaluators and a third opinion agree, and what dies is counted."""

from __future__ import annotations

import random
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from evals.benchmarks import rules_fuzz
from evals.benchmarks.fuzz.facts import HostileFacts
from evals.benchmarks.fuzz.names import HOSTILE_KEYS, colliding
from evals.benchmarks.fuzz.oracle import differences, expect
from evals.benchmarks.fuzz.sets import OPTIONS, fuzz_definition
from evals.benchmarks.fuzz.values import VALUES
from evals.benchmarks.fuzz.worker import fuzz_set, hold
from evals.benchmarks.generated_rules import literals_of
from rules import engine_available, operators
from rules.encoding import name_hash
from rules.facts import BadFact, Fact, FactType
from rules.hit_policies import HitPolicies, Settled
from rules.model import Hit, Op
from rules.rule_set import RuleSet

SETS = 50
EACH = 400
needs_engine = pytest.mark.skipif(not engine_available()[0], reason=engine_available()[1])


@pytest.mark.slow
def test_twenty_thousand_hostile_evaluations_are_told_alike_three_times() -> None:
    rows = [fuzz_set(5, number, EACH) for number in range(SETS)]
    assert [(row["found"], row["disagreements"], row["failures"]) for row in rows] == [
        ([], 0, 0)
    ] * SETS
    assert sum(row["evaluations"] for row in rows) == 20_000
    assert sum(row["fired"] for row in rows) > 5_000
    for kind in (*VALUES, *HOSTILE_KEYS, "missing"):
        assert sum(row["hostile"].get(kind, 0) for row in rows) > 100, kind


@pytest.mark.parametrize("op", [Op.EQ, Op.GE, Op.LT, Op.IN])
def test_the_third_opinion_sees_an_operator_that_both_have_wrong(
    op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = next(
        made
        for made in (fuzz_definition(5, number) for number in range(2, 40))
        if sum(c.op is op for rule in made.all_rules for cl in rule.clauses for c in cl) > 5
    )
    drawn = HostileFacts(random.Random(1), definition, literals_of(definition))
    monkeypatch.setitem(operators._TESTS, op, lambda got, expected: False)
    rules = RuleSet(definition, twice=False)
    found = 0
    for _ in range(300):
        given = drawn.draw()
        wrong = differences(definition, expect(definition, given), rules.evaluate(given, OPTIONS))
        found += bool(wrong)
    assert found


def test_a_set_of_a_run_is_the_same_when_asked_for_again() -> None:
    assert [fuzz_definition(9, at).digest({}) for at in range(8)] == [
        fuzz_definition(9, at).digest({}) for at in range(8)
    ]
    assert len({fuzz_definition(9, at).digest({}) for at in range(8)}) == 8


def test_names_that_collide_are_found_for_any_name() -> None:
    for name in ("f0", "sid", "id", "approved", "m3x1"):
        other = colliding(name)
        assert other != name and name_hash(other) == name_hash(name)


@pytest.mark.parametrize(
    ("value", "places", "coded"),
    [
        (Decimal("338.500000000000000000000000000000000000000001"), 0, 339),
        (Decimal("-4.500000000000000000000000000000000000000001"), 0, -5),
        (43408418603304.87, 2, 4340841860330487),
        (Decimal("0E+999999999"), 2, 0),
        (Decimal("1E-999999999"), 2, 0),
        (2**53, 0, 2**53),
        (9007199254740.992, 3, 2**53),
    ],
)
def test_decimals_are_rounded_once_and_exactly(value: object, places: int, coded: int) -> None:
    assert Fact("x", FactType.DECIMAL, places=places).reader()(value) == coded


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (9007199.254740993, 9),
        (Decimal("9007199.254740993"), 9),
        (Decimal("90071992547409.925000000000000000000000000001"), 2),
        (Decimal("1E+999999999"), 0),
        (2**53 + 1, 0),
        (2**53 // 100 + 1, 2),
        pytest.param(10**5000, 2, id="5001 digits"),
        (1e308, 0),
    ],
)
def test_what_would_be_kept_as_more_than_2_53_does_not_fit(value: object, places: int) -> None:
    with pytest.raises(BadFact, match="not within"):
        Fact("x", FactType.DECIMAL, places=places).reader()(value)


@needs_engine
def test_a_process_that_dies_is_counted_with_its_set_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The worker of this run dies of a real SIGSEGV when it comes to its second rule set.
    program = tmp_path / "python"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "sys.argv = sys.argv[2:]\n"
        "import evals.benchmarks.fuzz.worker as worker\n"
        "fuzz = worker.fuzz_set\n"
        "worker.fuzz_set = lambda s, n, c: os.kill(os.getpid(), 11) if n == 1 else fuzz(s, n, c)\n"
        "worker.main()\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    monkeypatch.setattr(rules_fuzz.sys, "executable", str(program))
    report = rules_fuzz.fuzz_rules(40, seed=3, each=10, memory=False)
    assert report["crashed"] == [{"seed": 3, "set": 1, "how": "signal 11"}]
    assert (report["crashes"], report["sets"], report["evaluations"]) == (1, 3, 30)
    assert rules_fuzz.failed(report)


def test_memory_is_measured_from_the_end_of_the_warm_up() -> None:
    *_, last = hold(3, 300, warm_up=200)
    assert last["evaluations"] == 300
    assert last["rss_growth_mb"] == round(last["rss_end_mb"] - last["rss_start_mb"], 2)
    assert (last["disagreements"], last["failures"]) == (0, 0)


@pytest.mark.parametrize("hit", [Hit.FIRST, Hit.UNIQUE])
def test_the_third_opinion_sees_a_hit_policy_that_is_not_kept(
    hit: Hit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ignored(self: HitPolicies, fired: int) -> Settled:
        return Settled(fired, 0, ())

    monkeypatch.setattr(HitPolicies, "settle", ignored)
    found = 0
    for number in range(2, 30):
        definition = fuzz_definition(5, number)
        if not any(group.hit is hit for group in definition.groups):
            continue
        rules = RuleSet(definition, twice=False)
        drawn = HostileFacts(random.Random(1), definition, literals_of(definition))
        for _ in range(100):
            given = drawn.draw()
            expected = expect(definition, given)
            found += bool(differences(definition, expected, rules.evaluate(given, OPTIONS)))
    assert found


def test_the_third_opinion_sees_that_a_missing_permit_is_let_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RuleSet, "_not_permitted", lambda self, narrowed, seen: narrowed)
    found = 0
    for number in range(2, 30):
        definition = fuzz_definition(5, number)
        rules = RuleSet(definition, twice=False)
        drawn = HostileFacts(random.Random(1), definition, literals_of(definition))
        for _ in range(100 if definition.closed else 0):
            given = drawn.draw()
            expected = expect(definition, given)
            found += bool(differences(definition, expected, rules.evaluate(given, OPTIONS)))
    assert found
