"""Mandatory steps, needs and separate duties under edits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.soundness import Code, Finding, Soundness, check
from signalbox.domain.enums import Verdict
from signalbox.domain.plan_edit import (
    AddParallel,
    Insert,
    Move,
    Offered,
    Parallelise,
    Reassign,
    Repeat,
    Replace,
    Skip,
)
from signalbox.domain.template import Activity
from tests.guardrails.soundness.plans import codes, plan

LOAN = plan(
    "start -> receive -> score -> approve -> x1 -> pay -> tell -> end",
    "x1 -> decline -> end",
    receive={"mandatory": True},
    approve={"mandatory": True, "role": "chief"},
    pay={"mandatory": "in_branch", "role": "clerk", "needs": ["approve"]},
    separate=[["approve", "pay"]],
)
OFFERED = Offered(
    activities=(*LOAN.activities, Activity(id="call")), roles=("chief", "audit"), resources=("ann",)
)


def answer(*edits, template=LOAN, offered=OFFERED):
    return check(template, edits=edits, offered=offered)


def test_the_plan_itself_is_allowed():
    assert check(LOAN).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    "edit",
    [
        Skip(step="score"),
        Insert(activity="call", before="score"),
        AddParallel(activity="call", beside="approve"),
        Replace(step="score", activity="call"),
        Repeat(step="score"),
        Move(step="score", after="approve"),
        Parallelise(first="score", second="approve"),
        Reassign(step="pay", role="audit"),
        Reassign(step="tell", resource="ann"),
    ],
    ids=lambda edit: edit.verb,
)
def test_an_edit_that_keeps_everything_is_allowed(edit):
    assert answer(edit).findings == ()


@pytest.mark.parametrize("step", ["receive", "approve", "pay"])
def test_a_mandatory_step_is_neither_taken_out_nor_doubled(step):
    for edit in (Skip(step=step), Replace(step=step, activity="call")):
        assert "mandatory_removed" in codes(answer(edit))
    for edit in (
        Repeat(step=step),
        Insert(activity=step, before="score"),
        AddParallel(activity=step, beside="tell"),
    ):
        assert "mandatory_duplicated" in codes(answer(edit))


def test_a_step_of_every_path_does_not_move_into_a_branch():
    found = answer(Move(step="receive", before="pay"))
    assert "mandatory_bypassed" in codes(found)
    assert found.verdict is Verdict.DENY


def test_a_step_of_a_branch_does_not_move_into_the_other():
    assert "mandatory_bypassed" in codes(answer(Move(step="pay", after="decline")))


def test_a_template_that_leaves_a_mandatory_step_out_is_denied_and_told_how_to_say_it():
    template = plan("start -> x1 -> check -> x2 -> end", "x1 -> x2", check={"mandatory": True})
    (found,) = check(template).findings
    assert found.code is Code.MANDATORY_BYPASSED
    assert "in_branch" in found.fix
    same = plan("start -> x1 -> check -> x2 -> end", "x1 -> x2", check={"mandatory": "in_branch"})
    assert check(same).verdict is Verdict.ALLOW


def test_a_mandatory_step_in_a_loop_of_the_author_is_allowed():
    template = plan(
        "start -> x1 -> check -> x2 -> end",
        ("x2", "fix", 3),
        "fix -> x1",
        check={"mandatory": True},
    )
    assert check(template).verdict is Verdict.ALLOW
    found = answer(Repeat(step="check"), template=template)
    assert codes(found) == {"mandatory_duplicated"}


def test_two_copies_that_excluded_each_other_do_not_come_to_run_both():
    template = plan(
        "start -> x1 -> a -> x2 -> x3 -> d -> x4 -> end",
        ("x1", "again", 1),
        "again -> x2",
        ("x3", "e", 1),
        "e -> x4",
        a={"mandatory": True},
        again={"copy_of": "a", "mandatory": True},
    )
    assert check(template).verdict is Verdict.ALLOW
    found = answer(Move(step="again", after="e"), template=template)
    assert "mandatory_duplicated" in codes(found)


def test_a_step_does_not_move_ahead_of_what_it_needs():
    assert "needs" in codes(answer(Move(step="approve", after="pay")))


def test_what_waited_for_a_mandatory_step_moves_ahead_of_it_only_with_a_person():
    found = answer(Move(step="score", before="receive"))
    assert codes(found) == {"order"}
    assert found.verdict is Verdict.REQUIRE_APPROVAL
    assert "'score' would no longer wait for 'receive'" in found.reason
    beside = answer(Parallelise(first="pay", second="tell"))
    assert beside.verdict is Verdict.REQUIRE_APPROVAL


def test_a_copy_does_not_get_ahead_of_a_mandatory_step_either():
    assert codes(answer(Insert(activity="decline", before="receive"))) == {"order"}


def test_separate_duties_are_never_given_to_one_role_or_resource():
    assert codes(answer(Reassign(step="pay", role="chief"))) == {"duties_shared"}
    both = Reassign(step="pay", resource="ann"), Reassign(step="approve", resource="ann")
    assert codes(answer(*both)) == {"duties_shared"}
    assert answer(both[0]).verdict is Verdict.ALLOW


def test_two_people_of_one_role_are_separate_and_a_missing_role_is_not():
    def pair(**given):
        return plan("start -> a -> b -> end", separate=[["a", "b"]], **given)

    same = {"role": "clerk"}
    people = pair(a={**same, "resource": "ann"}, b={**same, "resource": "bob"})
    assert check(people).verdict is Verdict.ALLOW
    assert codes(check(pair(a=same, b=same))) == {"duties_shared"}
    assert codes(check(pair(a=same))) == {"duties_shared"}


def test_a_separate_duty_that_is_not_mandatory_is_kept_all_the_same():
    template = plan(
        "start -> a -> b -> c -> end",
        a={"role": "one"},
        b={"role": "two"},
        separate=[["a", "b"]],
    )
    assert "duties_removed" in codes(answer(Skip(step="b"), template=template))
    unknown = plan("start -> a -> end", a={"role": "one"}, separate=[["a", "z"]])
    assert codes(check(unknown)) == {"duties_removed"}


FINDINGS = st.builds(Finding, code=st.sampled_from(Code), message=st.just("x"), ids=st.just(("a",)))


@given(st.lists(FINDINGS), FINDINGS)
def test_a_further_finding_never_relaxes_the_verdict(some, one):
    assert Soundness(findings=(*some, one)).verdict >= Soundness(findings=tuple(some)).verdict
    assert Soundness(findings=(*some, one)).verdict >= Verdict.REQUIRE_APPROVAL


def test_edits_that_break_nothing_alone_are_judged_together():
    one = Insert(activity="call", before="receive")
    assert answer(one).verdict is Verdict.ALLOW
    assert "mandatory_removed" in codes(answer(one, Skip(step="approve")))
