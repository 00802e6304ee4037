"""Running cases: what was executed stays as it was, and edits come in time."""

from guardrails.soundness import check
from signalbox.domain.plan_edit import AddParallel, Insert, Move, Offered, Repeat, Skip
from signalbox.domain.template import Activity
from tests.guardrails.soundness.plans import codes, plan

PLAN = plan(
    "start -> a -> p1 -> b -> p2 -> x1 -> d -> x2 -> f -> end",
    "p1 -> c -> p2",
    "x1 -> e -> x2",
)
OFFERED = Offered(activities=(Activity(id="call"),))


def told(done, *edits, template=PLAN, **given):
    return codes(check(template, done=done, edits=edits, offered=OFFERED, **given))


def test_parallel_steps_may_have_run_in_any_order():
    assert told(["a", "b", "c", "d"]) == set()
    assert told(["a", "c", "b", "e"]) == set()


def test_a_history_that_cannot_have_happened_is_denied():
    assert told(["b"]) == {"history"}
    assert told(["a", "b", "d"]) == {"history"}
    assert told(["a", "a"]) == {"history"}
    assert told(["a", "unheard-of"]) == {"history"}


def test_an_executed_step_is_not_touched():
    for edit in (Skip(step="a"), Repeat(step="a"), Move(step="a", after="f")):
        assert "executed" in told(["a"], edit)
    assert told(["a"], Skip(step="b")) == set()


def test_nothing_is_put_before_what_has_been_executed():
    assert told(["a", "b"], Insert(activity="call", before="a")) == {"history"}
    assert told(["a", "b"], Insert(activity="call", before="b")) == {"history"}
    assert told(["a", "b"], Insert(activity="call", after="b")) == set()
    assert told(["a", "b"], AddParallel(activity="call", beside="c")) == set()


def test_a_step_in_a_branch_that_was_not_taken_comes_too_late():
    assert told(["a", "b", "c", "e"], Insert(activity="call", before="d")) == {"too_late"}
    assert told(["a", "b", "c", "e"], Move(step="f", before="d")) == {"too_late"}
    assert told(["a", "b", "c"], Insert(activity="call", before="d")) == set()


def test_the_rounds_of_a_loop_are_counted():
    loop = plan("start -> x1 -> a -> x2 -> b -> end", ("x2", "redo", 2), "redo -> x1")
    rounds = ["a", "redo", "a", "redo", "a"]
    assert told(rounds, template=loop) == set()
    assert told([*rounds, "redo"], template=loop) == {"history"}
    late = Insert(activity="call", after="redo")
    assert told(["a"], late, template=loop) == set()
    assert told(rounds, late, template=loop) == {"history"}
    assert told(["a", "b"], Insert(activity="call", before="redo"), template=loop) == {"too_late"}


def test_a_skipped_step_leaves_no_trace():
    after = check(PLAN, edits=[Skip(step="b")]).plan
    assert told(["a", "c", "d"], template=after) == set()
    assert told(["a", "b", "c", "d"], template=after) == {"history"}


def test_more_ways_than_the_budget_are_denied():
    ways = plan(
        "start -> a -> x1 -> x2 -> x3 -> b -> end", "x1 -> x2", "x2 -> x3", ("x3", "x1", 50)
    )
    assert told(["a", "b"], template=ways) == set()
    assert told(["a", "b"], template=ways, budget=2) == {"too_complex"}


def test_a_history_without_end_is_refused():
    assert told(["a"] * 10_001) == {"too_large"}
