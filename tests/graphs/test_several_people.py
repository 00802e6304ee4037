"""The top risk class: several people, each for the digest they looked at."""

import asyncio

import pytest
from sqlalchemy import update

from graphs.terms import Terms
from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.enums import ApprovalState, DecisionStatus, RiskClass
from signalbox.domain.errors import BadInput, Conflict
from signalbox.domain.task import Task
from signalbox.ledger.tables import approvals

ODD = Task(id="t1", text="odd", requester="ann")


def run(opened, work, task=ODD, **settings):
    """``work(engine, approval, say)`` with the approval of an odd task; network is sensitive."""

    async def go():
        async with opened(**{"sensitive_options": ("network",), **settings}) as engine:
            asked = (await engine.dispatcher.submit(task, 5.0)).approval

            async def say(actor, verb="approve", digest=asked.digest, **more):
                given = ApprovalAnswer(decision=verb, actor=actor, digest=digest, **more)
                return await engine.dispatcher.answer("default", asked.id, given)

            return await work(engine, asked, say)

    return asyncio.run(go())


def test_it_takes_two_people_besides_who_asked(opened, database):
    async def work(engine, asked, say):
        first = await say("bob")
        for again in ("bob", " BOB", "bo\u200bb"):
            with pytest.raises(Conflict, match="already voted"):
                await say(again)
        with pytest.raises(Conflict, match="separation of duties"):
            await say("\uff21nn")
        between = await engine.look_up("default", "t1")
        last = await say("cleo")
        with pytest.raises(Conflict, match="already answered"):
            await say("cleo")
        return asked, first, between, last, engine.ledger.events(0, 9)

    asked, first, between, last, events = run(opened, work, db=database)
    assert (asked.needed, asked.draft.trace.risk) == (2, RiskClass.TOP)
    assert isinstance(first, Approval)
    assert (first.state, first.voters("network")) == (ApprovalState.WAITING, ("bob",))
    assert between.decision is None
    assert (last.status, last.option, last.actor) == ("decided", "network", "bob, cleo")
    told = ["approval.asked", "approval.voted", "approval.answered", "decision.committed"]
    assert [event.type for event in events] == told


def test_what_the_model_is_sure_of_waits_all_the_same(opened):
    async def work(engine, asked, say):
        return asked

    asked = run(opened, work, task=Task(id="t1", text="network is down", requester="ann"))
    assert asked.needed == 2
    assert "what is of the top risk class is never done alone" in asked.reason


def test_a_sensitive_team_that_is_misspelt_would_guard_nothing(opened):
    async def work(engine, asked, say):
        return asked.needed

    assert run(opened, work, sensitive_options=("Network",)) == 2
    with pytest.raises(BadInput, match="'netwrok' is none of the teams") as refused:
        run(opened, work, sensitive_options=("Network", "netwrok"))
    assert refused.value.hint == "did you mean 'network'?"


def test_who_looked_at_something_else_or_says_not_at_what_has_no_vote(opened):
    async def work(engine, asked, say):
        with pytest.raises(BadInput, match="has to name the digest") as untold:
            await say("bob", digest=None)
        with pytest.raises(Conflict, match="another action"):
            await say("bob", digest="0" * 64)
        stored = engine.ledger.find_approval("default", asked.id)
        return asked, untold.value.hint, stored

    asked, hint, stored = run(opened, work)
    assert asked.id in hint
    assert stored == asked


def test_other_classes_may_leave_the_digest_out(opened):
    async def work(engine, asked, say):
        return asked, await say("bob", digest=None)

    asked, decision = run(opened, work, sensitive_options=())
    assert (asked.needed, asked.draft.trace.risk) == (1, RiskClass.STANDARD)
    assert decision.status is DecisionStatus.DECIDED


@pytest.mark.parametrize("verb", ["reject", "respond"])
def test_one_refusal_is_enough_and_needs_no_digest(opened, verb):
    async def work(engine, asked, say):
        await say("bob")
        return await say("bob", verb, digest=None, message="wrong team")

    decision = run(opened, work)
    assert decision.status in (DecisionStatus.REJECTED, DecisionStatus.RESPONDED)
    assert (decision.option, decision.actor) == (None, "bob")


def test_where_nobody_knows_who_asked_it_takes_one_more(opened):
    async def work(engine, asked, say):
        return asked, [await say(name) for name in ("bob", "cleo", "dan")]

    asked, said = run(opened, work, task=Task(id="t1", text="odd"))
    assert asked.needed == 3
    assert [isinstance(one, Approval) for one in said] == [True, True, False]
    assert said[-1].actor == "bob, cleo, dan"


def test_who_edits_into_the_top_class_is_its_requester_and_two_others_agree(opened):
    async def work(engine, asked, say):
        with pytest.raises(BadInput, match="digest"):
            await say("bob", "edit", option="security", digest=None)
        names = ("bob", "cleo", "dan")
        return asked, [await say(name, "edit", option="security") for name in names]

    asked, said = run(opened, work, sensitive_options=("security",))
    assert asked.needed == 1
    assert [isinstance(one, Approval) for one in said] == [True, True, False]
    assert (said[-1].option, said[-1].proposed) == ("security", "network")


def test_an_edit_away_from_the_top_class_is_no_way_round_it(opened):
    async def work(engine, asked, say):
        names = ("bob", "cleo", "dan")
        return [await say(name, "edit", option="payroll") for name in names]

    said = run(opened, work)
    assert [isinstance(one, Approval) for one in said] == [True, True, False]
    assert said[-1].option == "payroll"


def test_the_first_vote_outlives_a_restart(opened, database):
    async def first(engine, asked, say):
        await say("bob")

    async def second(engine, asked, say):
        with pytest.raises(Conflict, match="already voted"):
            await say("Bob")
        return await say("cleo")

    run(opened, first, db=database)
    assert run(opened, second, db=database).actor == "bob, cleo"


def test_a_half_approved_action_expires_to_deny(opened):
    async def work(engine, asked, say):
        await say("bob")
        with engine.ledger._database.write() as connection:
            connection.execute(update(approvals).values(expires_at=asked.created_at))
        with pytest.raises(Conflict, match="expired"):
            await say("cleo")
        return engine.ledger.latest_decision("default", "t1")

    decision = run(opened, work)
    assert (decision.status, decision.actor) == (DecisionStatus.DENIED, "system:expiry")


def test_fifty_at_once_through_the_engine_decide_once(opened, database):
    async def work(engine, asked, say):
        names = [f"person {number}" for number in range(50)]
        heard = await asyncio.gather(*map(say, names), return_exceptions=True)
        return heard, engine.ledger.find_approval("default", asked.id), engine.ledger.events(0, 99)

    heard, stored, events = run(opened, work, db=database, approvers_top=3)
    decided = [one for one in heard if not isinstance(one, Approval | Conflict)]
    assert len(decided) == 1
    assert sum(isinstance(one, Conflict) for one in heard) == 47
    assert (stored.state, len(stored.votes)) == (ApprovalState.SETTLED, 3)
    assert decided[0].actor == ", ".join(stored.voters("network"))
    assert [event.type for event in events].count("decision.committed") == 1


@pytest.mark.parametrize("others", [set(), {RiskClass.LOW}, {RiskClass.HIGH, RiskClass.STANDARD}])
def test_below_the_top_class_one_person_is_enough(others):
    terms = Terms(approvers_top=4)
    assert terms.needed(others, anonymous=True, edited=True) == 1
    assert terms.needed(others | {RiskClass.TOP}, anonymous=False, edited=False) == 4
    assert terms.needed(others | {RiskClass.TOP}, anonymous=True, edited=True) == 6
