"""Outcomes take autonomy from a certified language model, through a whole engine and its ledger."""

from __future__ import annotations

import asyncio

import pytest

from agents.consultant import R1Consultant
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from tests.agents.certified import answering, certified, certifying
from tests.doubles import ScriptedConsultant
from tests.graphs.test_upgrading import FALLBACK


@pytest.fixture
def fallback_rules(tmp_path):
    path = tmp_path / "fallback.yaml"
    path.write_text(FALLBACK)
    return path


async def decided(engine, number, right):
    """Post a hard task, let a person settle what waits, report what was right."""
    task = Task(id=f"t{number}", text="odd")
    answer = await engine.dispatcher.submit(task, 10.0)
    decision = answer.decision
    if decision is None:
        edit = ApprovalAnswer(decision="edit", actor="bob", option=right)
        decision = await engine.dispatcher.answer("default", answer.approval.id, edit)
    await engine.dispatcher.outcome(Outcome(subject=task.id, option=right))
    return decision.source


def enter(engine, consultant):
    object.__setattr__(engine.parts, "consultant", consultant)


def test_wrong_decisions_end_its_autonomy_also_after_a_restart(opened):
    async def work():
        first, second = certified("security"), certified("security")
        async with opened() as engine:
            enter(engine, first)
            sources = [await decided(engine, number, "payroll") for number in range(12)]
        async with opened() as engine:
            enter(engine, second)
            await engine.feedback.begin(100, [], [second])
            after = await decided(engine, 99, "payroll")
        return sources, after, first.report()["suspended"], second.report()["suspended"]

    sources, after, live, again = asyncio.run(work())
    assert sources[0] is Source.AGENT and sources[-1] is Source.PERSON
    assert after is Source.PERSON
    assert live == again and len(live) == 1


def test_however_much_else_happens_a_restart_does_not_forget(opened):
    async def work():
        first, second = certified("security"), certified("security")
        async with opened() as engine:
            enter(engine, first)
            for number in range(12):
                await decided(engine, number, "payroll")
            enter(engine, ScriptedConsultant("security"))
            for number in range(30):
                task = Task(id=f"easy{number}", text="network")
                await engine.dispatcher.submit(task, 10.0)
                await engine.dispatcher.outcome(Outcome(subject=task.id, option="network"))
        async with opened() as engine:
            await engine.feedback.begin(20, [], [second])
        return second.report()["suspended"]

    assert len(asyncio.run(work())) == 1


def test_wrong_advice_that_agrees_with_a_fallback_rule_counts(opened, fallback_rules):
    """Where the late answer changes nothing, it was still promised to be right."""

    class Late(R1Consultant):
        async def consult(self, question):
            await asyncio.sleep(0.6)
            return await super().consult(question)

    async def work():
        consultant = Late(answering("payroll"), certifying())
        async with opened(rules=fallback_rules, fallback_team="payroll") as engine:
            enter(engine, consultant)
            for number in range(8):
                answer = await engine.dispatcher.submit(Task(id=f"t{number}", text="odd"), 0.4)
                assert answer.decision is None or answer.decision.source is Source.FALLBACK
            while engine.dispatcher._background:
                await asyncio.wait(set(engine.dispatcher._background))
            for number in range(8):
                await engine.dispatcher.outcome(Outcome(subject=f"t{number}", option="security"))
            return consultant.report()["suspended"]

    assert len(asyncio.run(work())) == 1


def test_what_people_decide_restores_it(opened):
    async def work():
        consultant = certified("security")
        async with opened() as engine:
            enter(engine, consultant)
            for number in range(12):
                await decided(engine, number, "payroll")
            return [await decided(engine, 100 + number, "security") for number in range(60)]

    sources = asyncio.run(work())
    assert sources[0] is Source.PERSON and sources[-1] is Source.AGENT


def test_advice_that_came_late_is_on_the_record_of_what_a_person_decided(opened):
    async def work():
        async with opened() as engine:
            enter(engine, ScriptedConsultant("security", delay_s=0.6))
            answer = await engine.dispatcher.submit(Task(id="t", text="odd"), 0.4)
            while engine.dispatcher._background:
                await asyncio.wait(set(engine.dispatcher._background))
            _, approval = await engine.dispatcher.standing(answer.task)
            edit = ApprovalAnswer(decision="edit", actor="bob", option="payroll")
            return await engine.dispatcher.answer("default", approval.id, edit)

    decision = asyncio.run(work())
    assert decision.option == "payroll" and decision.source is Source.PERSON
    assert decision.trace.advice is not None and decision.trace.advice.option == "security"
