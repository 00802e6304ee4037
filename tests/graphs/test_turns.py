import asyncio

import pytest

from graphs.turns import Turns
from signalbox.domain.errors import Conflict
from signalbox.domain.task import Task
from tests.doubles import ScriptedConsultant


def test_a_turn_is_taken_by_one_at_a_time_and_leaves_nothing():
    turns, inside, most = Turns(), 0, 0

    async def one(key):
        nonlocal inside, most
        async with turns.of(key):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async def work():
        await asyncio.gather(*(one("a") for _ in range(20)))

    asyncio.run(work())
    assert most == 1
    assert len(turns) == 0


def test_turns_of_different_keys_do_not_wait_for_each_other():
    turns = Turns()

    async def work():
        async with turns.of("a"):
            await asyncio.wait_for(turns.of("b").__aenter__(), 1.0)

    asyncio.run(work())


def test_a_turn_given_up_while_waiting_or_failing_is_passed_on():
    turns = Turns()

    async def work():
        with pytest.raises(ValueError, match="mine"):
            async with turns.of("a"):
                raise ValueError("mine")
        async with turns.of("a"):
            waiting = asyncio.ensure_future(turns.of("a").__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert len(turns) == 0

    asyncio.run(work())


def test_a_crowd_of_one_task_asks_the_language_model_once(opened):
    task = Task(id="t1", text="odd", requester="ann")

    async def work():
        async with opened() as engine:
            consultant = ScriptedConsultant("payroll", certified=True, delay_s=0.05)
            object.__setattr__(engine.parts, "consultant", consultant)
            answers = await asyncio.gather(
                *(engine.dispatcher.submit(task, 5.0) for _ in range(12))
            )
            return consultant.asked, {answer.decision.id for answer in answers}

    asked, decided = asyncio.run(work())
    assert len(asked) == 1
    assert len(decided) == 1


def test_a_crowd_that_does_not_agree_on_the_content_is_told_so(opened):
    async def work():
        async with opened() as engine:
            posted = [Task(id="t1", text=f"network {n}") for n in range(4)]
            return await asyncio.gather(
                *(engine.dispatcher.submit(one, 5.0) for one in posted), return_exceptions=True
            )

    answers = asyncio.run(work())
    assert sum(isinstance(one, Conflict) for one in answers) == 3
