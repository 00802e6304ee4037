"""Tasks on a fixed schedule, some of them sent twice at once, some too hard for the model."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from evals.benchmarks.chaos.client import Asked, Client
from evals.benchmarks.outage import hard_text
from signalbox.demo.desk import ServiceDesk

HARD_SHARE, TWICE_SHARE = 0.15, 0.1


@dataclass(slots=True)
class Sent:
    """One task: the wall clock when it was due, and the answer to each time it was sent."""

    id: str
    at: float
    answers: list[Asked] = field(default_factory=list)


async def send(client: Client, rate: float, over: asyncio.Event, rng: random.Random) -> list[Sent]:
    """Send ``rate`` tasks a second until ``over``, and wait for every answer."""
    desk = ServiceDesk(seed=rng.randrange(2**31))
    tickets = desk.stream(10_000_000, drift_at=10_000_000)
    sent: list[Sent] = []
    under_way = set[asyncio.Task[None]]()
    began = time.monotonic()
    while not over.is_set():
        due = began + len(sent) / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        ticket = next(tickets)
        content: dict[str, object] = {"id": f"chaos-{len(sent)}", "text": ticket.text}
        content["attributes"] = ticket.attributes
        if rng.random() < HARD_SHARE:
            content = {"id": content["id"], "text": hard_text(rng)}
        one = Sent(str(content["id"]), time.time())
        sent.append(one)
        times = 2 if rng.random() < TWICE_SHARE else 1
        task = asyncio.create_task(_send(client, one, content, times))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return sent


async def _send(client: Client, one: Sent, content: dict[str, object], times: int) -> None:
    asked = (client.ask("task", "POST", "/v1/tasks", content, at=place) for place in range(times))
    one.answers = list(await asyncio.gather(*asked))
