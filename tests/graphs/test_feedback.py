"""Outcomes on their way to the learned predictor, through a whole engine and its ledger."""

from __future__ import annotations

import asyncio
import time

import pytest

from signalbox.app import open_signalbox
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import AutonomyLevel, Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from signalbox.learning.predictor import LearnedPredictor
from signalbox.learning.store import save_router
from signalbox.learning.training import learn_routing
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor
from tests.learning.conftest import make_table

SALARY = "payslip salary tax bonus"
# What a task carries, what was right in the end, and who then decides it.
KINDS = [
    ({"text": SALARY, "attributes": {"channel": "phone"}}, "network", Source.RULE),
    ({"text": SALARY, "attributes": {"priority": "critical"}}, "network", Source.PERSON),
    ({"text": SALARY, "attributes": {"site": "site 2"}}, "payroll", Source.MODEL),
    ({"text": "zebra quagga"}, "access", Source.PERSON),
    ({"text": SALARY, "attributes": {"customer_tier": "vip"}}, "printing", Source.PERSON),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "first"
    router, report = learn_routing(make_table())
    save_router(router, report, out)
    return out


def record(predictor):
    state = predictor._online.state()
    return {name: state[name] for name in ("answered", "trust", "controller", "monitor")}


async def decided(engine, task, right):
    """Post a task, let a person settle what waits, and report what was right."""
    answer = await engine.dispatcher.submit(task, 10.0)
    decision = answer.decision
    if decision is None:
        edit = ApprovalAnswer(decision="edit", actor="bob", option=right)
        decision = await engine.dispatcher.answer("default", answer.approval.id, edit)
    await engine.dispatcher.outcome(Outcome(subject=task.id, option=right))
    return decision


def test_the_record_is_the_same_live_and_read_again(opened, folder, tmp_path):
    async def work():
        predictor = LearnedPredictor.open(folder)
        async with opened(predictor) as engine:
            sources = [
                (await decided(engine, Task(id=f"t{n}-{k}", **given), right)).source
                for n in range(14)
                for k, (given, right, _) in enumerate(KINDS)
            ]
        async with open_signalbox(
            Settings(model=folder, db=engine.settings.db, rules=engine.settings.rules)
        ) as again:
            return sources, predictor, again.predictor

    sources, live, again = asyncio.run(work())
    assert sources == [source for _ in range(14) for _, _, source in KINDS]
    assert live.level is AutonomyLevel.AUTOMATIC
    assert live._online.controller.state() | {"threshold": 0} == {
        "automatic": 14,
        "errors": 0,
        "threshold": 0,
    }
    assert record(live) == record(again)
    assert live._online.answered == 5 * 14


def test_of_two_servers_on_one_ledger_both_hear_of_every_outcome_once(opened, monkeypatch):
    monkeypatch.setattr("signalbox.app.OUTCOME_CHECK_S", 0.05)

    async def heard(predictor, number):
        while len(predictor.fed) < number:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        return [outcome.subject for _, outcome in predictor.fed]

    async def work():
        one, two = ScriptedPredictor(), ScriptedPredictor()
        async with opened(one) as first, opened(two) as second:
            for number, engine in enumerate((first, first, second)):
                task = Task(id=f"t{number}", text="network")
                await engine.dispatcher.submit(task, 10.0)
                await engine.dispatcher.outcome(Outcome(subject=task.id, option="network"))
            return await asyncio.wait_for(asyncio.gather(heard(one, 3), heard(two, 3)), 20)

    assert asyncio.run(work()) == [["t0", "t1", "t2"]] * 2


def test_what_one_server_hears_withdraws_autonomy_at_the_other(opened, folder):
    async def work():
        one, two = LearnedPredictor.open(folder), LearnedPredictor.open(folder)
        async with opened(one) as first, opened(two) as second:
            for number in range(10):
                task = Task(id=f"t{number}", text=SALARY, attributes={"site": "site 2"})
                await decided(first, task, "network")
            before = second.predictor.level
            await second.feedback.catch_up()
            return first.predictor.level, before, second.predictor.level

    expected = (AutonomyLevel.SUGGEST, AutonomyLevel.AUTOMATIC, AutonomyLevel.SUGGEST)
    assert asyncio.run(work()) == expected


def test_an_outcome_recorded_during_the_replay_is_fed_once(opened):
    async def work():
        predictor = ScriptedPredictor()
        async with opened(predictor) as engine:
            await engine.dispatcher.submit(Task(id="t", text="network"), 10.0)
            inner = engine.ledger.outcomes

            def late(tenant, limit, **more):
                engine.ledger.record_outcome(Outcome(subject="t", option="network"))
                return inner(tenant, limit, **more)

            engine.ledger.outcomes = late
            await engine.feedback.begin(100, [predictor])
            await engine.feedback.catch_up()
            await engine.feedback.catch_up()
            return predictor.fed

    assert len(asyncio.run(work())) == 1


def test_a_caller_who_leaves_does_not_have_an_outcome_fed_twice(opened):
    class Slow(ScriptedPredictor):
        def feed_back(self, decision, outcome):
            time.sleep(0.2)
            super().feed_back(decision, outcome)

    async def work():
        predictor = Slow()
        async with opened(predictor) as engine:
            for number in range(3):
                task = Task(id=f"t{number}", text="network")
                await engine.dispatcher.submit(task, 10.0)
                engine.ledger.record_outcome(Outcome(subject=task.id, option="network"))
            left = asyncio.create_task(engine.feedback.catch_up())
            await asyncio.sleep(0.1)
            left.cancel()
            await engine.feedback.catch_up()
            return [outcome.subject for _, outcome in predictor.fed]

    assert asyncio.run(work()) == ["t0", "t1", "t2"]
