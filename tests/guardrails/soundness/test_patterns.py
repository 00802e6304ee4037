"""The known ways in which a workflow is unsound, and those in which it only looks it."""

import pytest

from guardrails.soundness import check
from signalbox.domain.enums import Verdict
from tests.guardrails.soundness.plans import codes, plan

SOUND = {
    "sequence": plan("start -> a -> b -> end"),
    "parallel block": plan("start -> p1 -> a -> p2 -> end", "p1 -> b -> p2"),
    "choice": plan("start -> x1 -> a -> x2 -> end", "x1 -> b -> x2"),
    "choice with two ends": plan("start -> x1 -> a -> end", "x1 -> b -> end"),
    "optional step": plan("start -> x1 -> a -> x2 -> end", "x1 -> x2"),
    "loop": plan("start -> x1 -> a -> x2 -> end", ("x2", "x1", 2)),
    "loop with work on the way back": plan(
        "start -> x1 -> a -> x2 -> end", ("x2", "b", 2), "b -> x1"
    ),
    "a loop that begins with its decision": plan(
        "start -> x1 -> x2 -> end", ("x2", "a", 3), "a -> x1"
    ),
    "one gateway that joins and splits": plan(
        "start -> a -> x1 -> b -> end", ("x1", "c", 1), "c -> x1"
    ),
    "a goto across choices": plan(
        "start -> x1 -> a -> x3 -> c -> x4 -> end", "x1 -> x2 -> b -> x3", "x2 -> d -> x4"
    ),
    "branches that wait for each other": plan(
        "start -> p1 -> a -> p2 -> b -> p4 -> end", "p1 -> c -> p3 -> d -> p4", "p2 -> p3"
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_is_allowed(name):
    assert check(SOUND[name]).findings == ()


def test_nested_blocks_are_not_explored_and_meshes_are():
    assert check(SOUND["loop with work on the way back"]).markings == 1
    assert check(SOUND["branches that wait for each other"]).markings > 1


UNSOUND = {
    "deadlock: a choice is joined as if all were taken": (
        plan("start -> x1 -> a -> p1 -> end", "x1 -> b -> p1"),
        "deadlock",
    ),
    "no synchronisation: what is split in parallel is joined one by one": (
        plan("start -> p1 -> a -> x1 -> c -> x2 -> d -> end", "p1 -> b -> x1", ("x2", "x1", 1)),
        "left_behind",
    ),
    "a parallel branch ends the case": (
        plan("start -> p1 -> a -> end", "p1 -> b -> end"),
        "left_behind",
    ),
    "a dead branch": (
        plan("start -> x1 -> a -> x2 -> end", "x1 -> p1 -> b -> x2", ("x1", "p1", None)),
        "dead",
    ),
    "livelock: a loop without a way out": (
        plan("start -> a -> x1 -> b -> x2 -> c -> end", "x2 -> x3 -> d -> x4", ("x4", "x3", 1)),
        "no_way_out",
    ),
    "a loop without a bound": (plan("start -> x1 -> a -> x2 -> end", "x2 -> x1"), "unbounded_loop"),
    "a way out that is used up": (
        plan("start -> x1 -> a -> x2 -> b -> x1", ("x2", "end", 1)),
        "no_way_out",
    ),
    "a choice of ways that are all used up": (
        plan(
            "start -> x1 -> a -> x3 -> x4 -> end",
            "x1 -> x2",
            ("x2", "b", 1),
            ("x2", "c", 1),
            "b -> x3",
            "c -> x4",
        ),
        "no_way_out",
    ),
    "a way back that is the only way on": (
        plan("start -> x3 -> x1 -> a -> x2", ("x2", "x1", 1), "x3 -> b -> x2", "x3 -> c -> end"),
        "no_way_out",
    ),
    "an island": (
        plan("start -> a -> end", "x1 -> b -> x2", ("x2", "x1", 1), "x2 -> end"),
        "unreachable",
    ),
    "a circle of activities": (plan("start -> a -> end", "b -> c -> b"), "unreachable"),
    "a dead end": (plan("start -> x1 -> a -> end", "x1 -> b"), "arity"),
    "an activity that is nowhere led to": (plan("start -> a -> x1 -> end", "b -> x1"), "arity"),
    "an activity that splits": (plan("start -> a -> x1 -> end", "a -> b -> x1"), "arity"),
    "two starts": (plan("start -> a -> x1 -> end", "start -> b -> x1"), "arity"),
    "no end": (plan("start -> x1 -> a -> x2", ("x2", "x1", 1), "x2 -> b -> x1"), "arity"),
    "a loop back out of a parallel branch": (
        plan("start -> x1 -> p1 -> a -> x2 -> p2 -> end", "p1 -> b -> p2", ("x2", "x1", 1)),
        "not_synchronised",
    ),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_what_is_unsound_is_denied_and_says_why(name):
    template, code = UNSOUND[name]
    found = check(template)
    assert code in codes(found)
    assert found.verdict is Verdict.DENY
    assert all(finding.message and finding.fix for finding in found.findings)


def test_a_finding_names_the_place():
    (found,) = check(UNSOUND["deadlock: a choice is joined as if all were taken"][0]).findings
    assert found.ids == ("p1",)
    assert "p1" in found.message


def test_a_dead_activity_is_named():
    found = check(UNSOUND["a dead branch"][0]).findings
    assert ("b",) in [finding.ids for finding in found if finding.code.value == "dead"]


def ladders(count):
    """Blocks side by side that do not fold: their states multiply."""
    ways = ["start -> p0", "p99 -> end"]
    for n in range(count):
        ways += [f"p0 -> p{n}1 -> a{n} -> p{n}2 -> b{n} -> p{n}4 -> p99"]
        ways += [f"p{n}1 -> c{n} -> p{n}3 -> d{n} -> p{n}4", f"p{n}2 -> p{n}3"]
    return plan(*ways)


def test_more_states_than_the_budget_are_denied_and_not_trusted():
    whole = check(ladders(4))
    assert whole.findings == () and whole.markings > 50
    tight = check(ladders(4), budget=50)
    assert codes(tight) == {"too_complex"}
    assert tight.verdict is Verdict.DENY


def test_more_mandatory_steps_than_can_be_followed_are_denied_and_not_trusted():
    rungs = [f"x{n} -> m{n} -> x{n + 1}" for n in range(200)]
    ways = ["start -> x0", *rungs, *(f"x{n} -> x{n + 7}" for n in range(190)), "x200 -> end"]
    mesh, marked = (
        plan(*ways, **{f"m{n}": {"mandatory": mark} for n in range(200)})
        for mark in ("no", "in_branch")
    )
    budget = check(mesh).markings + 1
    assert check(mesh, budget=budget).findings == ()
    assert check(marked).findings == ()
    assert codes(check(marked, budget=budget)) == {"too_complex"}


def test_a_plan_of_the_largest_size_is_answered():
    deep = ["start -> x0"]
    deep += [f"x{n} -> x{n + 1}" for n in range(399)]
    deep += ["x399 -> a -> x400"]
    deep += [f"x{n} -> x{n + 1}" for n in range(400, 799)]
    deep += ["x799 -> end"]
    deep += [f"x{n} -> b{n} -> x{799 - n}" for n in range(400)]
    assert check(plan(*deep)).findings == ()
