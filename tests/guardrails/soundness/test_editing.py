"""Edits are applied as written or not at all."""

import pytest
from pydantic import ValidationError

from guardrails.soundness import EditDoesNotApply, applied, check
from signalbox.domain.errors import BadInput
from signalbox.domain.plan_edit import PLAN_EDITS, Insert, Move, Offered, Skip
from signalbox.domain.template import Activity, Mandatory, Template
from tests.guardrails.soundness.plans import codes, plan

PLAN = plan("start -> a -> b -> x1 -> c -> end", "x1 -> d -> end")
OFFERED = Offered(
    activities=(Activity(id="call"), Activity(id="a", skipped=True)), roles=("chief",)
)


def edited(**edit):
    return applied(PLAN, PLAN_EDITS.validate_python([edit]), OFFERED)


def flows(template):
    return {f"{flow.source} {flow.target}" for flow in template.flows}


def test_insert_goes_before_or_after():
    assert {"a call", "call b"} <= flows(edited(verb="insert", activity="call", after="a"))
    assert {"x1 call", "call d"} <= flows(edited(verb="insert", activity="call", before="d"))
    assert "a b" not in flows(edited(verb="insert", activity="call", after="a"))


def test_a_copy_gets_an_id_of_its_own_and_says_what_it_is_a_copy_of():
    (copy,) = set(edited(verb="insert", activity="a", after="b").activities) - set(PLAN.activities)
    assert (copy.id, copy.copy_of, copy.type_id) == ("a:2", "a", "a")
    assert not copy.skipped


def test_skip_keeps_the_step_in_sight():
    plan_after = edited(verb="skip", step="b")
    assert [step.id for step in plan_after.activities if step.skipped] == ["b"]
    assert plan_after.flows == PLAN.flows


def test_replace_move_and_parallelise():
    assert {"a call", "call x1"} <= flows(edited(verb="replace", step="b", activity="call"))
    assert {"start b", "b a", "a x1"} <= flows(edited(verb="move", step="b", before="a"))
    both = flows(edited(verb="parallelise", first="a", second="b"))
    assert {"start b:fork", "b:fork a", "b:fork b", "a b:join", "b b:join", "b:join x1"} <= both


def test_repeat_is_a_bounded_loop():
    back = [flow for flow in edited(verb="repeat", step="b", at_most=2).flows if flow.at_most]
    assert [(flow.source, flow.target, flow.at_most) for flow in back] == [("b:again", "b:redo", 2)]


def test_a_choice_keeps_its_rank_and_its_bound():
    loop = plan("start -> x1 -> a -> x2 -> end", ("x2", "b", 2), "b -> x1")
    after = applied(loop, [Insert(activity="call", before="b")], OFFERED)
    ways = [(flow.target, flow.at_most) for flow in after.flows if flow.source == "x2"]
    assert ways == [("end", None), ("call", 2)]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"verb": "insert", "activity": "wire", "after": "a"}, "not_offered"),
        ({"verb": "insert", "activity": "call", "after": "z"}, "not_offered"),
        ({"verb": "skip", "step": "z"}, "not_offered"),
        ({"verb": "skip", "step": "x1"}, "not_offered"),
        ({"verb": "reassign", "step": "a", "role": "boss"}, "not_offered"),
        ({"verb": "reassign", "step": "a", "resource": "eve"}, "not_offered"),
        ({"verb": "insert", "activity": "call", "after": "x1"}, "does_not_apply"),
        ({"verb": "insert", "activity": "call", "before": "end"}, "does_not_apply"),
        ({"verb": "move", "step": "a", "after": "a"}, "does_not_apply"),
        ({"verb": "parallelise", "first": "a", "second": "c"}, "does_not_apply"),
    ],
)
def test_what_does_not_apply_is_a_finding_and_never_repaired(edit, code):
    edits = PLAN_EDITS.validate_python([edit])
    with pytest.raises(EditDoesNotApply) as refusal:
        applied(PLAN, edits, OFFERED)
    assert isinstance(refusal.value, BadInput)
    found = check(PLAN, edits=edits, offered=OFFERED)
    assert codes(found) == {code}
    assert found.plan is None
    assert found.verdict.word == "deny"


def test_one_edit_that_does_not_apply_refuses_them_all():
    edits = [Skip(step="a"), Skip(step="a")]
    assert check(PLAN, edits=edits).plan is None
    assert codes(check(PLAN, edits=edits)) == {"does_not_apply"}


def test_nothing_is_offered_unless_it_is_listed():
    assert codes(check(PLAN, edits=[Insert(activity="a", after="b")])) == {"not_offered"}


def test_a_plan_that_would_outgrow_its_bounds_is_a_finding():
    steps = [f"s{number}" for number in range(1000)]
    full = plan("start -> " + " -> ".join(steps) + " -> end")
    found = check(full, edits=[Insert(activity="call", after="s1")], offered=OFFERED)
    assert codes(found) == {"too_large"}
    long = "n" * 127
    found = check(
        plan(f"start -> {long} -> end"),
        edits=[Insert(activity=long, after=long)],
        offered=Offered(activities=(Activity(id=long),)),
    )
    assert codes(found) == {"too_large"}
    assert codes(check(PLAN, edits=[Move(step="a", after="b")] * 21)) == {"too_large"}


@pytest.mark.parametrize(
    "edit",
    [
        {"verb": "delete_everything"},
        {"verb": "insert", "activity": "call"},
        {"verb": "insert", "activity": "call", "after": "a", "before": "b"},
        {"verb": "reassign", "step": "a"},
        {"verb": "repeat", "step": "a", "at_most": 10_000},
        {"verb": "skip", "step": "a", "why": "because"},
        {"verb": "skip", "step": "not an id"},
    ],
)
def test_the_grammar_is_closed(edit):
    with pytest.raises(ValidationError):
        PLAN_EDITS.validate_python([edit])


def test_edits_and_plans_survive_json():
    edits = PLAN_EDITS.validate_python([{"verb": "move", "step": "a", "after": "b"}])
    assert PLAN_EDITS.validate_json(PLAN_EDITS.dump_json(edits)) == edits
    after = applied(PLAN, edits)
    assert Template.model_validate_json(after.model_dump_json()) == after


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flows": ["start -> a -> zz -> end"]}, "'zz', which is no activity"),
        ({"flows": ["start"]}, "write it as 'one -> next'"),
        ({"flows": ["end -> a"]}, "out of 'end'"),
        ({"activities": [{"id": "a"}, {"id": "a"}]}, "used twice"),
        ({"activities": [{"id": "start"}]}, "reserved"),
        ({"flows": [{"source": "start", "target": "a", "at_most": 1}]}, "exclusive gateway"),
        ({"separate": [["a", "a"]]}, "separated from itself"),
    ],
)
def test_a_template_that_cannot_be_read_says_why(change, words):
    good = {"name": "t", "activities": [{"id": "a"}], "flows": ["start -> a -> end"]}
    with pytest.raises(ValidationError, match=words):
        Template.model_validate({**good, **change})


def test_mandatory_is_a_word_or_yes_and_no():
    levels = [Activity(id="a", mandatory=given).mandatory for given in (True, False, "in_branch")]
    assert levels == [Mandatory.ALWAYS, Mandatory.NO, Mandatory.IN_BRANCH]
