from __future__ import annotations

from rules.replaying import Occasion, replay
from tests.rules.helpers import FULL, OPTIONS, guard, rule_set

LOOSE = rule_set(guards=guard("{fact: n, gt: 8}", "deny", name="limit"))
TIGHT = rule_set(guards=guard("{fact: n, gt: 3}", "require_approval", name="look"))


def occasions(*numbers: int) -> list[Occasion]:
    return [Occasion(f"t-{n}", FULL | {"n": n}, OPTIONS, f"day {n}") for n in numbers]


def test_changed_verdicts_are_counted_by_rule_aspect_and_direction() -> None:
    found = replay(LOOSE, TIGHT, occasions(1, 2, 5, 9))
    assert (found.compared, found.tighter, found.laxer) == (4, 1, 1)
    assert [(one.subject, one.at) for one in found.changed] == [("t-5", "day 5"), ("t-9", "day 9")]
    assert dict(found.aspects) == {"guard": 2}
    assert dict(found.rules) == {"look": 2, "limit": 1}


def test_the_same_set_changes_nothing() -> None:
    again = rule_set(guards=guard("{fact: n, gt: 8}", "deny", name="limit"))
    assert replay(LOOSE, again, occasions(*range(20))).changed == []
