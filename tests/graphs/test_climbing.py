"""Chains, claims and delegations through the engine, with a clock of the test's own."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from graphs import hitl
from signalbox.domain.access import Forbidden
from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.base import utc_now
from signalbox.domain.delegation import Delegation, Hand, Scope
from signalbox.domain.enums import ApprovalState, DecisionStatus, RiskClass
from signalbox.domain.errors import BadInput, Conflict
from signalbox.domain.task import Task
from signalbox.escalation_settings import EscalationSettings
from signalbox.ledger import answers
from signalbox.ledger.tables import approval_votes
from tests.ledger.make import a_decision

ODD = Task(id="t1", text="odd", requester="ann")
CHAIN = EscalationSettings(
    levels=("team-lead", "manager"), after_minutes=(30, 60), people={"manager": ("mona",)}
)


class Clock:
    """The wall clock, moved by hand."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return utc_now() + self.ahead


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("signalbox.app.utc_now", clock)
    return clock


def run(opened, work, task=ODD, **settings):
    async def go():
        async with opened(**{"escalation": CHAIN, **settings}) as engine:
            asked = (await engine.dispatcher.submit(task, 5.0)).approval

            async def say(actor, verb="approve", **more):
                more = {"digest": asked.digest} | more
                given = ApprovalAnswer(decision=verb, actor=actor, **more)
                return await engine.dispatcher.answer("default", asked.id, given)

            return await work(engine, asked, say)

    return asyncio.run(go())


def now_at(engine, asked):
    found = engine.ledger.find_approval("default", asked.id)
    return found.state, found.desk.level, found.desk.name


def test_the_chain_ends_in_a_denial(opened, database, clock):
    async def work(engine, asked, say):
        seen = []
        for minutes in (29, 2, 58, 2, 60, 8):
            clock.ahead += timedelta(minutes=minutes)
            moved = await engine.dispatcher.expire()
            seen.append((*now_at(engine, asked)[1:], moved))
        return (
            asked,
            seen,
            engine.ledger.latest_decision("default", "t1"),
            engine.ledger.events(0, 9),
        )

    asked, seen, decision, events = run(opened, work, db=database, approval_hours=2.5)
    assert asked.desk.due_at == asked.created_at + timedelta(minutes=30)
    assert seen == [
        (0, "", 0),
        (1, "team-lead", 0),
        (1, "team-lead", 0),
        (2, "manager", 0),
        (2, "manager", 1),
        (2, "manager", 0),
    ]
    assert (decision.status, decision.actor) == (DecisionStatus.DENIED, "system:expiry")
    told = ["approval.asked", "approval.escalated", "approval.escalated", "approval.expired"]
    assert [event.type for event in events] == [*told, "decision.committed"]


def test_escalating_decides_nothing_and_who_it_lies_with_does(opened, database, clock):
    async def work(engine, asked, say):
        first = await say("bob", "escalate", message="too big for me")
        second = await say("cleo", "escalate")
        with pytest.raises(Conflict, match="end of its chain"):
            await say("mona", "escalate")
        with pytest.raises(Forbidden, match="lies with 'manager'"):
            await say("bob")
        assert engine.ledger.latest_decision("default", "t1") is None
        return first, second, await say("Mona")

    first, second, decision = run(opened, work, db=database)
    assert isinstance(first, Approval)
    assert (first.state, first.desk.name, second.desk.name) == (
        ApprovalState.WAITING,
        "team-lead",
        "manager",
    )
    assert (decision.status, decision.option, decision.actor) == ("decided", "network", "Mona")


def test_without_a_chain_there_is_nobody_to_escalate_to(opened, clock):
    async def work(engine, asked, say):
        with pytest.raises(Conflict, match="no chain"):
            await say("bob", "escalate")
        clock.ahead = timedelta(hours=5)
        await engine.dispatcher.expire()
        return asked.desk.due_at, now_at(engine, asked)

    due, where = run(opened, work, escalation=EscalationSettings())
    assert due is None
    assert where == (ApprovalState.WAITING, 0, "")


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_jumps_decides_nothing_and_heals(opened, database, clock, jump):
    """A jump moves it one level at most, answers go on counting, and the chain still ends."""

    async def work(engine, asked, say):
        clock.ahead = jump
        for _ in range(5):
            await engine.dispatcher.expire()
        during = now_at(engine, asked)
        clock.ahead = timedelta()
        await engine.dispatcher.expire()
        after = now_at(engine, asked)
        clock.ahead = timedelta(hours=8)
        for _ in range(3):
            await engine.dispatcher.expire()
            clock.ahead += timedelta(hours=2)
        return during, after, now_at(engine, asked), engine.ledger.events(0, 99)

    during, after, last, events = run(opened, work, db=database, approval_hours=48)
    level = 1 if jump > timedelta() else 0
    assert during[:2] == after[:2] == (ApprovalState.WAITING, level)
    assert last[:2] == (ApprovalState.WAITING, 2)
    assert [event.type for event in events] == ["approval.asked", *["approval.escalated"] * 2]


def test_a_clock_that_is_set_back_keeps_a_claim_no_longer_than_the_jump(opened, clock):
    async def work(engine, asked, say):
        now = engine.parts.clock()
        until = now + timedelta(minutes=15)
        engine.ledger.desks.claim("default", asked.id, Hand(actor="bob"), until, now)
        clock.ahead = timedelta(hours=-1)
        with pytest.raises(Conflict, match="claimed by 'bob'"):
            await say("cleo")
        clock.ahead = timedelta(minutes=16)
        return await say("cleo")

    assert run(opened, work).actor == "cleo"


def test_a_delegates_answer_is_committed_as_of_both(opened, database, clock):
    async def work(engine, asked, say):
        now = engine.parts.clock()
        engine.ledger.delegations.add(
            Delegation(
                id="d1",
                delegator="yara",
                delegate="xeno",
                scope=Scope(risk=RiskClass.TOP),
                created_at=now,
                until=now + timedelta(hours=1),
            )
        )
        first = await say("xeno", on_behalf_of="yara")
        for one in ("xeno", "yara"):
            with pytest.raises(Conflict, match="already voted"):
                await say(one)
        return first, await say("cleo"), engine.ledger.events(0, 9)

    first, decision, events = run(opened, work, db=database, sensitive_options=("network",))
    assert isinstance(first, Approval)
    assert (decision.status, decision.actor) == ("decided", "xeno for yara, cleo")
    voted = next(event for event in events if event.type == "approval.voted")
    assert (voted.data["actor"], voted.data["on_behalf_of"]) == ("xeno", "yara")


def test_votes_with_a_person_in_common_do_not_pass_the_second_look(opened, monkeypatch):
    """Whatever wrote them: here a vote is changed in the ledger, and counting looks away."""
    counting = answers._voted

    def blind(connection, asked, given, now):
        return counting(connection, asked.model_copy(update={"votes": ()}), given, now)

    async def work(engine, asked, say):
        now = engine.parts.clock()
        until = now + timedelta(hours=1)
        engine.ledger.delegations.add(
            Delegation(id="d1", delegator="yara", delegate="xeno", created_at=now, until=until)
        )
        await say("dan")
        with engine.ledger._database.write() as connection:
            row = connection.execute(select(approval_votes)).one()
            forged = {**row.answer, "actor": "cleo", "on_behalf_of": "xeno"}
            connection.execute(update(approval_votes).values(answer=forged))
        monkeypatch.setattr(answers, "_voted", blind)
        return await say("xeno", on_behalf_of="yara")

    decision = run(opened, work, sensitive_options=("network",))
    assert decision.status is DecisionStatus.DENIED
    assert "it takes 2 people to approve and has 1" in decision.reason


def test_a_run_is_not_resumed_by_an_escalation():
    value = {"decisions": [{"type": "escalate"}], "actor": "bob"}
    with pytest.raises(BadInput, match="decides nothing"):
        hitl.settle(a_decision(), value, ["cards"])
    allowed = hitl.request("route", {}, "")["review_configs"][0]["allowed_decisions"]
    assert allowed == ["approve", "edit", "reject", "respond"]
