from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules import RuleSet, Verdict, compare, tighten
from tests.rules.helpers import FULL, OPTIONS, guard, rule, rule_set

HIGH = "{fact: n, gt: 3}"
LOW = "{fact: n, le: 3}"


def verdicts(before: RuleSet, after: RuleSet, **facts: object):
    return before.evaluate(FULL | facts, OPTIONS), after.evaluate(FULL | facts, OPTIONS)


def test_the_rule_that_makes_the_difference_is_named_with_its_side() -> None:
    before = rule_set(rule(HIGH, f"force: {OPTIONS[0]}", name="old"))
    after = rule_set(rule(HIGH, f"force: {OPTIONS[1]}", name="new"))
    found = compare(*verdicts(before, after, n=4))
    assert found is not None
    assert found.aspects == ("forced", "allowed")
    assert (found.before["forced"], found.after["forced"]) == OPTIONS[:2]
    assert found.after["only_allowed_here"] == [OPTIONS[1]]
    assert [(one["rule"], one["set"]) for one in found.because] == [
        ("old", "before"),
        ("new", "after"),
    ]
    assert compare(*verdicts(before, after, n=3)) is None


def test_a_rule_that_asks_for_something_else_under_the_same_name_is_named_twice() -> None:
    before = rule_set(guards=guard(HIGH, "require_approval", name="g"))
    after = rule_set(guards=guard(HIGH, "deny", name="g"))
    found = compare(*verdicts(before, after, n=9))
    assert found is not None
    assert (found.before["guard"], found.after["guard"]) == ("require_approval", "deny")
    assert [(one["set"], one["effect"]) for one in found.because] == [
        ("before", "require_approval"),
        ("after", "deny"),
    ]


def test_rules_that_fire_to_the_same_end_are_no_difference() -> None:
    before = rule_set(rule(HIGH, f"forbid: [{OPTIONS[0]}]", name="old"))
    after = rule_set(
        rule(HIGH, f"forbid: [{OPTIONS[0]}]", name="new"),
        guard("{fact: n, gt: 100}", "deny"),
    )
    assert compare(*verdicts(before, after, n=4)) is None


@given(
    st.integers(-5, 5),
    st.sampled_from(["allow", "require_approval", "deny"]),
    st.sampled_from(["allow", "require_approval", "deny"]),
)
def test_newer_guards_tighten_and_never_relax(n: int, pinned_word: str, newest_word: str) -> None:
    def made(word: str, option: str) -> RuleSet:
        guards = guard(HIGH, word) if word != "allow" else ""
        return rule_set(rule(LOW, f"force: {option}"), guards)

    pinned, newest = verdicts(made(pinned_word, OPTIONS[0]), made(newest_word, OPTIONS[1]), n=n)
    both = tighten(pinned, newest)
    assert both.guard is max(pinned.guard, newest.guard)
    assert (both.forced, both.allowed, both.fallback, both.digest, both.fired) == (
        pinned.forced,
        pinned.allowed,
        pinned.fallback,
        pinned.digest,
        pinned.fired,
    )
    if newest.guard > pinned.guard:
        assert any(newest.digest[:12] in reason for reason in both.reasons)
    else:
        assert both.reasons == pinned.reasons


def test_a_disagreement_of_the_newer_evaluators_counts() -> None:
    pinned, newest = verdicts(
        rule_set(rule(HIGH, f"force: {OPTIONS[0]}")),
        rule_set(rule(HIGH, f"force: {OPTIONS[1]}")),
        n=4,
    )
    newest = newest._replace(disagreement=True, guard=Verdict.DENY)
    assert tighten(pinned, newest).disagreement
    assert tighten(pinned, newest).guard is Verdict.DENY
