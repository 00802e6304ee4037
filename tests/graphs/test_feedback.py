"""Outcomes on their way to the learned predictor, through a whole engine and its ledger."""

from __future__ import annotations

import asyncio

import pytest

from signalbox.app import read_predictor
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import AutonomyLevel, Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from signalbox.learning.predictor import LearnedPredictor
from signalbox.learning.store import save_router
from signalbox.learning.training import learn_routing
from signalbox.settings import Settings
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
            settings = Settings(model=folder, db=engine.settings.db)
            return sources, predictor, read_predictor(settings, engine.ledger)

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
