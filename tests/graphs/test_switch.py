"""The kill switch under load: ordered by another process, heeded by what is already on its way."""

import asyncio
import subprocess

import pytest

from signalbox.app import SWITCH_CHECK_S
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.autonomy import AutonomyChange, Held, Switch
from signalbox.domain.enums import ApprovalState, DecisionStatus, Source
from signalbox.domain.errors import Conflict, Unavailable
from signalbox.domain.task import Task
from tests.doubles import ScriptedPredictor
from tests.ledger.test_processes import line, start

TASKS = 100
DELAY_S = 0.02
ODD = Task(id="t1", text="odd", requester="ann")


def sure(number):
    return Task(id=f"t{number}", text="network is down", requester="ann")


def by(actor, verb="approve", **more):
    return ApprovalAnswer(decision=verb, actor=actor, **more)


def order(url, *words):
    """Set the switch from a process of its own; it has ended when this returns."""
    child = start("pause", url, *words)
    assert child.wait(timeout=60) == 0


def decided(engine, subject="t1"):
    return engine.ledger.latest_decision("default", subject)


async def until(true):
    """Whether it came true, within twenty looks at the switch."""
    for _ in range(200):
        if true():
            return True
        await asyncio.sleep(SWITCH_CHECK_S / 10)
    return False


async def crowd(engine, url, word, go):
    """100 tasks at once, and ``word`` ordered elsewhere while they are on their way.

    (their answers, how many decisions there were once the order had been carried out).
    """
    child = start("pause", url, word, str(go))
    try:
        assert await asyncio.to_thread(line, child) == "ready"
        posted = [asyncio.create_task(engine.dispatcher.submit(sure(n), 60)) for n in range(TASKS)]
        while engine.predictor.asked < TASKS // 5:
            await asyncio.sleep(0.005)
        go.touch()
        assert await asyncio.to_thread(line, child) == word
        there = int(await asyncio.to_thread(line, child))
        return await asyncio.gather(*posted), there
    finally:
        child.kill()
        child.communicate(timeout=10)


def check_crowd(engine, answers, there, words):
    done = [one.decision for one in answers if one.decision]
    waiting = [one.approval for one in answers if one.approval]
    assert len(done) + len(waiting) == TASKS
    assert 0 < there < TASKS, "the order came before or after everything: nothing was tested"
    assert len(done) == there
    assert len(engine.ledger.decisions("default", limit=1000)) == there
    assert {one.state for one in waiting} == {ApprovalState.WAITING}
    assert {one.draft.option for one in waiting} == {"network"}
    assert [one.reason for one in waiting if words not in one.reason] == []
    return waiting


def test_after_a_pause_nothing_in_flight_is_done_by_itself(opened, database, tmp_path):
    async def work():
        async with opened(ScriptedPredictor(DELAY_S), db=database) as engine:
            answers, there = await crowd(engine, database, "paused", tmp_path / "go")
            waiting = check_crowd(engine, answers, there, "autonomy is paused by ann: audit")
            # While it is paused, people go on deciding.
            early = await engine.dispatcher.answer("default", waiting[0].id, by("bob"))
            await asyncio.to_thread(order, database, "running")
            late = await engine.dispatcher.answer("default", waiting[1].id, by("bob"))
            await engine.autonomy.refresh()
            alone = await engine.dispatcher.submit(sure(TASKS), 60)
            return early, late, alone

    early, late, alone = asyncio.run(work())
    for one in (early, late):
        assert (one.status, one.option, one.actor) == (DecisionStatus.DECIDED, "network", "bob")
    assert alone.decision.automatic


def test_what_was_on_its_way_says_which_guard_held_it(opened):
    async def work():
        async with opened() as engine:
            # Ordered behind the engine's back: it believes that everything is running.
            engine.ledger.set_autonomy(
                AutonomyChange(switch=Switch.PAUSED, actor="ann"), engine.parts.clock()
            )
            held = (await engine.dispatcher.submit(sure(1), 60)).approval
            await engine.autonomy.refresh()
            asked = (await engine.dispatcher.submit(sure(2), 60)).approval
            return held, asked

    held, asked = asyncio.run(work())
    assert held.reason == "autonomy is paused by ann"
    assert asked.reason == "the autonomy level is approve_first: autonomy is paused by ann"
    parts = [
        [note.part for note in one.draft.trace.guard_notes if note.verdict == "require_approval"]
        for one in (held, asked)
    ]
    assert parts == [["switch"], ["autonomy"]]
    assert (held.draft.trace.guard, held.draft.status) == ("require_approval", "waiting")


def test_halted_holds_a_crowd_and_keeps_what_people_answer(opened, database, tmp_path):
    async def work():
        async with opened(ScriptedPredictor(DELAY_S), db=database) as engine:
            answers, there = await crowd(engine, database, "halted", tmp_path / "go")
            waiting = check_crowd(engine, answers, there, "everything is halted by ann: audit")
            with pytest.raises(Held, match="everything is halted by ann: audit") as told:
                await engine.dispatcher.answer("default", waiting[0].id, by("bob"))
            kept = engine.ledger.find_approval("default", waiting[0].id)
            with pytest.raises(Conflict, match="already answered"):
                await engine.dispatcher.answer("default", waiting[0].id, by("cleo"))
            # A refusal has no effect outside, so nothing holds it back.
            refused = await engine.dispatcher.answer("default", waiting[1].id, by("bob", "reject"))
            assert await engine.dispatcher.expire() == 0
            assert decided(engine, waiting[0].subject) is None
            await asyncio.to_thread(order, database, "running")
            await engine.dispatcher.expire()
            # Or the engine's own look at the switch was a moment earlier.
            assert await until(lambda: decided(engine, waiting[0].subject) is not None)
            return told.value, kept, refused, decided(engine, waiting[0].subject)

    told, kept, refused, done = asyncio.run(work())
    assert told.status == 409
    assert "the answer is kept" in told.hint and "signalbox autonomy resume" in told.hint
    assert (kept.state, kept.answer.actor) == (ApprovalState.ANSWERED, "bob")
    assert refused.status is DecisionStatus.REJECTED
    assert (done.status, done.option, done.source) == ("decided", "network", Source.PERSON)
    assert (done.actor, done.epoch) == ("bob", 1)


@pytest.mark.parametrize("lifted", ["before the restart", "after it"])
def test_an_answer_given_while_halted_outlives_a_restart(opened, database, lifted, caplog):
    async def first():
        async with opened(db=database) as engine:
            asked = (await engine.dispatcher.submit(ODD, 60)).approval
            await engine.autonomy.order(AutonomyChange(switch=Switch.HALTED, actor="ann"))
            with pytest.raises(Held):
                await engine.dispatcher.answer("default", asked.id, by("bob"))

    async def second():
        async with opened(db=database) as engine:
            between = decided(engine)
            if between is None:
                await engine.autonomy.order(AutonomyChange(switch=Switch.RUNNING, actor="ann"))
                await engine.dispatcher.expire()
            return between, decided(engine)

    asyncio.run(first())
    if lifted == "before the restart":
        order(database, "running")
    between, done = asyncio.run(second())
    assert (between is None) == (lifted == "after it")
    assert (done.status, done.option, done.actor) == ("decided", "network", "bob")
    assert [one for one in caplog.records if one.exc_info] == []


def test_the_engine_looks_at_the_switch_by_itself(opened, database):
    async def work():
        async with opened(db=database) as engine:
            asked = (await engine.dispatcher.submit(ODD, 60)).approval
            await asyncio.to_thread(order, database, "halted")
            assert await until(lambda: engine.autonomy.stored.switch is Switch.HALTED)
            with pytest.raises(Held):
                await engine.dispatcher.answer("default", asked.id, by("bob"))
            await asyncio.to_thread(order, database, "running")
            # Nobody asks for it: the round that sees the resume carries out what was kept.
            assert await until(lambda: decided(engine) is not None)
            return decided(engine)

    assert asyncio.run(work()).actor == "bob"


def test_an_answer_that_the_database_could_not_take_is_carried_out_later(opened, monkeypatch):
    async def work():
        async with opened() as engine:
            asked = (await engine.dispatcher.submit(ODD, 60)).approval
            with monkeypatch.context() as away:

                def no_commit(*args, **more):
                    raise Unavailable("the database is away")

                away.setattr(engine.ledger, "commit", no_commit)
                with pytest.raises(Unavailable):
                    await engine.dispatcher.answer("default", asked.id, by("bob"))
            return await engine.dispatcher.expire(), decided(engine)

    moved, done = asyncio.run(work())
    assert (moved, done.option, done.actor) == (1, "network", "bob")


def test_a_killed_order_leaves_the_switch_as_it_was(opened, tmp_path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"

    async def work():
        async with opened() as engine:
            child = start("pause", url, "paused", str(tmp_path / "never"))
            assert await asyncio.to_thread(line, child) == "ready"
            child.kill()
            child.communicate(timeout=10)
            await engine.autonomy.refresh()
            return child, (await engine.dispatcher.submit(sure(1), 60)).decision

    child, decision = asyncio.run(work())
    assert isinstance(child, subprocess.Popen) and child.returncode != 0
    assert decision.automatic
