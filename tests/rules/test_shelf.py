from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rules import Held, RuleSet, Shadow, Shelf
from rules.shadowing import KEPT
from tests.rules.helpers import FULL, OPTIONS, guard, rule_set

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAX = rule_set(guards=guard("{fact: n, gt: 90}", "deny"))
STRICT = rule_set(guards=guard("{fact: n, gt: 3}", "require_approval"))


def test_what_is_pinned_stays_while_the_shelf_moves_on() -> None:
    shelf = Shelf(Held(LAX, "file"))
    pinned = shelf.pin()
    shelf.put(Held(STRICT, "version"))
    assert pinned is LAX
    assert pinned.evaluate(FULL, OPTIONS).guard.word == "allow"
    assert shelf.evaluate(FULL, OPTIONS).guard.word == "require_approval"
    assert shelf.pin() is STRICT
    assert shelf.swaps == 1


def test_a_shadow_has_no_say_and_is_counted() -> None:
    shelf = Shelf(Held(LAX, "file", Shadow(STRICT)))
    for n in (1, 5, 95):
        verdict = shelf.evaluate(FULL | {"n": n}, OPTIONS)
        shelf.observe(FULL | {"n": n}, OPTIONS, verdict, f"t-{n}", NOON + timedelta(seconds=n))
        assert verdict.digest == LAX.digest
    shadow = shelf.held.shadow
    assert shadow is not None
    (tally,) = shadow.drain()
    assert (tally.active, tally.shadow) == (LAX.digest, STRICT.digest)
    assert dict(tally.counts) == {"compared": 3, "differing": 2, "guard": 2}
    assert [(one.subject, one.difference.after["guard"]) for one in tally.seen] == [
        ("t-5", "require_approval"),
        ("t-95", "require_approval"),
    ]
    assert (tally.since, tally.last) == (NOON + timedelta(seconds=1), NOON + timedelta(seconds=95))
    assert shadow.drain() == []


def test_without_a_shadow_nothing_is_seen() -> None:
    shelf = Shelf(Held(LAX, "file"))
    shelf.observe(FULL, OPTIONS, shelf.evaluate(FULL, OPTIONS), "t", NOON)
    assert shelf.held.shadow is None


class Broken(RuleSet):
    def evaluate(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("a defect")


def test_a_shadow_that_breaks_hurts_nobody() -> None:
    shadow = Shadow(Broken(STRICT.definition))
    shelf = Shelf(Held(LAX, "file", shadow))
    shelf.observe(FULL, OPTIONS, shelf.evaluate(FULL, OPTIONS), "t", NOON)
    (tally,) = shadow.drain()
    assert dict(tally.counts) == {"failed": 1}


def test_what_could_not_be_kept_is_counted_on() -> None:
    shadow = Shadow(STRICT)
    verdict = LAX.evaluate(FULL, OPTIONS)
    for number in range(KEPT):
        shadow.observe(FULL, OPTIONS, verdict, f"a-{number}", NOON)
    drained = shadow.drain()
    shadow.observe(FULL, OPTIONS, verdict, "b", NOON + timedelta(minutes=1))
    shadow.restore(drained)
    (tally,) = shadow.drain()
    assert tally.counts["differing"] == KEPT + 1
    assert (tally.since, tally.last) == (NOON, NOON + timedelta(minutes=1))
    assert len(tally.seen) == KEPT
    assert (tally.seen[0].subject, tally.seen[-1].subject) == ("a-1", "b")


def test_decisions_under_an_older_set_are_counted_apart() -> None:
    shelf = Shelf(Held(LAX, "file", Shadow(STRICT)))
    older = rule_set(guards=guard("{fact: n, gt: 50}", "deny"))
    shelf.observe(FULL, OPTIONS, older.evaluate(FULL, OPTIONS), "t", NOON)
    shelf.observe(FULL, OPTIONS, shelf.evaluate(FULL, OPTIONS), "t", NOON)
    shadow = shelf.held.shadow
    assert shadow is not None
    assert {tally.active for tally in shadow.drain()} == {older.digest, LAX.digest}


def test_disagreements_are_not_forgotten_with_the_set_that_had_them() -> None:
    first, second = RuleSet(LAX.definition), RuleSet(STRICT.definition)
    shelf = Shelf(Held(first, "file"))
    first.disagreements = 2
    shelf.put(Held(second, "file"))
    second.disagreements = 3
    assert shelf.disagreements == 5
    shelf.put(Held(second, "file", Shadow(first)))
    assert shelf.disagreements == 5
