import asyncio

import pytest

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import DecisionStatus, Source
from signalbox.domain.limits import Draw
from signalbox.domain.task import Task

LIMIT = 100.0


@pytest.fixture
def limited(opened, monkeypatch):
    """An engine where every task costs 60 of the 100 there are a day."""
    draws = (Draw(account="tasks", amount=60.0, limit=LIMIT),)
    monkeypatch.setattr("graphs.routing.Routing.draws", lambda self, task, option: draws)
    return opened


def task(number):
    return Task(id=f"t{number}", text="network down", requester="ann")


def test_what_goes_beyond_the_day_waits_for_a_person_who_may_release_it(limited):
    async def work():
        async with limited() as engine:
            first = await engine.dispatcher.submit(task(1), 5.0)
            second = await engine.dispatcher.submit(task(2), 5.0)
            given = ApprovalAnswer(decision="approve", actor="bob")
            released = await engine.dispatcher.answer("default", second.approval.id, given)
            return first.decision, second, released, engine.ledger.latest_decision("default", "t2")

    first, second, released, stored = asyncio.run(work())
    assert first.automatic
    assert second.decision is None
    assert "day's limit of 100" in second.approval.reason
    notes = {note.part: note.verdict for note in second.approval.draft.trace.guard_notes}
    assert notes["limit"] == "require_approval"
    assert second.approval.draft.option == "network"
    assert (released.status, released.source) == (DecisionStatus.DECIDED, Source.PERSON)
    assert stored == released


def test_a_crowd_of_tasks_gets_no_more_than_the_day_holds(limited):
    async def work():
        async with limited() as engine:
            posted = (engine.dispatcher.submit(task(n), 5.0) for n in range(10))
            return await asyncio.gather(*posted)

    answers = asyncio.run(work())
    assert sum(one.decision is not None for one in answers) == 1
    assert sum(one.approval is not None for one in answers) == 9


def test_a_release_after_a_restart_still_counts(limited):
    async def work():
        async with limited() as engine:
            await engine.dispatcher.submit(task(1), 5.0)
            waiting = (await engine.dispatcher.submit(task(2), 5.0)).approval
        async with limited() as engine:
            given = ApprovalAnswer(decision="approve", actor="bob")
            return await engine.dispatcher.answer("default", waiting.id, given)

    assert asyncio.run(work()).option == "network"
