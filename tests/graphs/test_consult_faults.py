"""The contract matrix through the graph: whatever the host does, there is an answer in time."""

import asyncio
import shutil
import time

import pytest

from evals.contract import ALL_FAULTS, CONNECTION_REFUSED, HEAVY, MARGIN_S, closed_port
from evals.scripted.faults import FAULTS
from evals.scripted.results import PROPOSAL
from signalbox.app import open_signalbox
from signalbox.domain.enums import Source
from signalbox.domain.task import Task
from signalbox.ledger.store import open_ledger
from signalbox.settings import LlmSettings, Settings
from tests.doubles import ScriptedPredictor

DEADLINE_S = 3.0
MODEL_S = 2.4  # before the submitter leaves, so that the decision knows how asking failed
DIALECT = "vllm"
HARD = "something is odd"
AT_ONCE = 8


class Desk:
    """Engines on databases of their own, each with a host of its own: breakers do not mix."""

    def __init__(self, folder, model):
        self.folder, self.model = folder, model
        self.migrated = folder / "migrated.db"
        open_ledger(f"sqlite:///{self.migrated}").close()

    def engine(self, fault, url=None, **more):
        database = self.folder / f"{fault}.db"
        shutil.copy(self.migrated, database)
        base = f"{url}/{DIALECT}/{fault}/v1" if url else self.model.base_url(DIALECT, fault)
        llm = LlmSettings(base_url=base, model="r1", dialect=DIALECT, **more)
        settings = Settings(db=f"sqlite:///{database}", llm=llm)
        return open_signalbox(settings, ScriptedPredictor())


@pytest.fixture
def desk(tmp_path, scripted_model):
    return Desk(tmp_path, scripted_model)


async def ask(engine, deadline_s, text=HARD):
    """(answer, its decision or the draft that waits, seconds it took)."""
    began = time.monotonic()
    answer = await engine.dispatcher.submit(Task(id="t1", text=text), deadline_s)
    took = time.monotonic() - began
    return answer, answer.decision or (answer.approval and answer.approval.draft), took


def problem(fault, decision, took):
    """What is wrong with the answer to a hard task under ``fault``, or nothing."""
    known = FAULTS.get(fault)
    expected = known.accepts(DIALECT) if known else {"unreachable"}
    if decision is None:
        return "no decision and no draft"
    if took > DEADLINE_S + MARGIN_S:
        return f"after {took:.2f} s"
    trace = decision.trace
    result = trace.consult_failure or (PROPOSAL if trace.advice else "nobody was asked")
    if result not in expected:
        return f"{result} instead of {' or '.join(sorted(expected))}: {trace.consult}"
    if result == PROPOSAL:
        return "" if decision.source is Source.AGENT else f"decided by {decision.source}"
    return "" if decision.option else "the local model's guess is missing"


@pytest.mark.slow
def test_every_fault_ends_in_an_answer_that_names_it(desk):
    async def one(fault, closed_url, room):
        url = closed_url if fault == CONNECTION_REFUSED else None
        async with room, desk.engine(fault, url, deadline_s=MODEL_S) as engine:
            await engine.consultant.client.warm_up()
            _, decision, took = await ask(engine, DEADLINE_S)
            return fault, problem(fault, decision, took)

    async def main():
        room, alone = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(1)
        async with closed_port() as closed_url:
            light = [fault for fault in ALL_FAULTS if fault not in HEAVY]
            found = await asyncio.gather(*(one(fault, closed_url, room) for fault in light))
            heavy = [await one(fault, closed_url, alone) for fault in ALL_FAULTS if fault in HEAVY]
        return dict([*found, *heavy])

    found = asyncio.run(main())
    assert set(found) == set(ALL_FAULTS)
    assert {fault: what for fault, what in found.items() if what} == {}
    stats = desk.model.stats()
    assert (stats["internal_errors"], stats["open_connections"]) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "kind"),
    [("slow_first_byte", "timeout"), ("keep_alive", "timeout"), ("http_503_after", "server_error")],
)
def test_a_failure_after_the_answer_is_told_by_an_event(desk, fault, kind):
    async def main():
        async with desk.engine(fault, deadline_s=2.0) as engine:
            await engine.consultant.client.warm_up()
            answer, decision, took = await ask(engine, 0.6)
            await engine.dispatcher.drain(5.0)
            return answer, decision, took, engine.ledger.events(0, 10)

    answer, decision, took, events = asyncio.run(main())
    assert took < 0.6 + MARGIN_S
    assert answer.approval is not None
    assert (decision.trace.consult_failure, decision.option) == ("", "network")
    (told,) = [event for event in events if event.type == "consult.failed"]
    assert (told.subject, told.data["failure"]) == ("t1", kind)


@pytest.mark.slow
def test_a_certain_task_asks_nobody_whatever_the_host_does(desk):
    async def main():
        async with desk.engine("slow_first_byte") as engine:
            return await ask(engine, DEADLINE_S, text="payroll question")

    answer, decision, took = asyncio.run(main())
    assert answer.decision.option == "payroll"
    assert took < MARGIN_S
    assert decision.trace.consult_failure == ""
    assert desk.model.stats()["requests"] == 0
