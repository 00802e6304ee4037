"""The store of paused runs on a database that several servers open at once."""

from __future__ import annotations

import asyncio

from signalbox.checkpoints import open_saver


def test_several_may_set_it_up_at_once(postgres_schema):
    async def enter(number):
        async with open_saver(postgres_schema):
            return number

    async def work():
        return await asyncio.wait_for(asyncio.gather(*map(enter, range(6))), 60)

    assert asyncio.run(work()) == [0, 1, 2, 3, 4, 5]
