"""What a crowd of questions leaves behind: connections, tasks, threads, file descriptors."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from pathlib import Path
from typing import Any

from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed
from agents.messages import Message
from evals.scripted.process import ScriptedModel

CROWD = 500
CANCELLED = 1_000
EACH_LOOP = 100
DELAY_S = 0.05
_OFFERED = ("mail", "network")
_ASKED = [Message("user", 'Which one?\nOFFERED: ["mail", "network"]')]


def leaks(
    model: ScriptedModel, *, crowd: int = CROWD, cancelled: int = CANCELLED, each: int = EACH_LOOP
) -> dict[str, Any]:
    """One client: ``crowd`` questions at once, ``cancelled`` given up under way, two loops.

    The second loop runs in a thread of its own, at the same time as the first. ``fds``, ``tasks``
    and ``threads`` are pairs (before, after); ``host_connections`` is what the host still has open
    in the end. ``fds`` is None where the system does not tell. Threads that are left are asyncio's
    own pool, which names are looked up in: at most 32, or four more than processors.
    """
    model.reset()
    model.script(delay_s=DELAY_S)
    found = asyncio.run(_leaks(model, crowd, cancelled, each))
    model.reset()
    return found


async def _leaks(model: ScriptedModel, crowd: int, cancelled: int, each: int) -> dict[str, Any]:
    config = configure(
        base_url=model.base_url("vllm"), model="r1", dialect="vllm", concurrency=crowd
    )
    async with R1Client(config) as first:
        await first.warm_up()  # The libraries, and the threads that imported them.
    before = _held()
    client = R1Client(config)
    answered = await _ask(client, crowd)
    given_up = await _cancel(client, cancelled)
    elsewhere: list[int] = []
    other = threading.Thread(target=lambda: elsewhere.append(asyncio.run(_ask(client, each))))
    other.start()
    here = await _ask(client, each)
    await asyncio.to_thread(other.join)
    await client.aclose()
    await asyncio.sleep(0.2)  # The host hears of closed connections a little later.
    after = _held()
    stats = await asyncio.to_thread(model.stats)
    return {
        "crowd": crowd,
        "crowd_answered": answered,
        "cancelled": given_up,
        "two_loops_answered": [here, *elsewhere],
        **{name: [before[name], after[name]] for name in before},
        "open_wires": client.open_wires,
        "host_connections": stats["open_connections"],
        "host_peak_connections": stats["peak_connections"],
    }


async def _ask(client: R1Client, count: int) -> int:
    """How many of ``count`` questions at once were answered."""
    asked = (client.ask(_ASKED, _OFFERED, (), 60.0) for _ in range(count))
    found = await asyncio.gather(*asked, return_exceptions=True)
    return sum(not isinstance(one, BaseException) for one in found)


async def _cancel(client: R1Client, count: int) -> int:
    """How many of ``count`` questions, given up at any moment of their life, ended cancelled.

    One that was answered before its turn is asked again.
    """
    rng, ended = random.Random(3), 0
    ends = time.monotonic() + 120.0
    while ended < count and time.monotonic() < ends:
        asked = [
            asyncio.create_task(client.ask(_ASKED, _OFFERED, (), 60.0))
            for _ in range(min(100, count - ended))
        ]
        await asyncio.sleep(rng.uniform(0.0, 2 * DELAY_S))
        for one in asked:
            one.cancel()
        found = await asyncio.gather(*asked, return_exceptions=True)
        ended += sum(isinstance(one, asyncio.CancelledError) for one in found)
        if any(isinstance(one, ConsultFailed) for one in found):
            break
    return ended


def _held() -> dict[str, int | None]:
    gc.collect()
    names = Path("/proc/self/fd")
    return {
        "fds": sum(1 for _ in names.iterdir()) if names.exists() else None,
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
    }
