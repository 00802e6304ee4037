"""CPU of one question to a reasoning model beyond the wire: ``python -m evals.benchmarks.consult``.

The host is the scripted model server in a process of its own: it answers by script, so that no
figure here says anything about a model. What a bare socket needs to exchange the same bytes is
measured too and taken off. What a crowd leaves behind is counted by ``consult_leaks``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from agents.client import R1Client
from agents.config import configure
from agents.messages import Message
from evals.benchmarks.consult_leaks import leaks
from evals.scripted.process import ScriptedModel, running_scripted

OFFERED = tuple(f"team-{number}" for number in range(10))
CONSULTS = 1_000
CROWD = 20
_WARM = 50
_WORDS = "The mailbox cannot be opened since the update, and the error names a certificate. "
_PROMPT = f"{_WORDS * 40}\nOFFERED: {json.dumps(OFFERED)}\nAnswer with one JSON object."


def bench_consult(consults: int = CONSULTS, dialect: str = "vllm") -> dict[str, Any]:
    """Milliseconds of CPU of this process for each question, one after another and in a crowd.

    ``cpu_ms`` is all of it, ``wire_cpu_ms`` what a bare asyncio socket takes for the same bytes,
    ``beyond_ms`` the difference. ``crowd_cpu_ms`` is for 20 questions at a time. ``import_s`` is
    what the first question waits for, ``leaks`` what is left of many.
    """
    with running_scripted() as model:
        found = asyncio.run(_measure(model, consults, dialect))
        return found | {"leaks": leaks(model)}


async def _measure(model: ScriptedModel, consults: int, dialect: str) -> dict[str, Any]:
    config = configure(
        base_url=model.base_url(dialect), model="r1", dialect=dialect, concurrency=CROWD
    )
    began = time.perf_counter()
    async with R1Client(config) as client:
        await client.warm_up()
        import_s = time.perf_counter() - began

        async def ask() -> None:
            await client.ask([Message("user", _PROMPT)], OFFERED, (), 30.0)

        for _ in range(_WARM):
            await ask()
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(consults):
            await ask()
        alone = (time.process_time() - cpu) * 1e3 / consults
        wall_ms = (time.perf_counter() - wall) * 1e3 / consults
        cpu = time.process_time()
        for _ in range(consults // CROWD):
            await asyncio.gather(*(ask() for _ in range(CROWD)))
        crowd = (time.process_time() - cpu) * 1e3 / (consults // CROWD * CROWD)
    sent = model.stats()["last_request"]["body"]
    wire = await _bare(model.base_url(dialect), json.dumps(sent).encode(), consults)
    return {
        "consults": consults,
        "dialect": dialect,
        "cpu_ms": round(alone, 2),
        "wire_cpu_ms": round(wire, 2),
        "beyond_ms": round(alone - wire, 2),
        "crowd_cpu_ms": round(crowd, 2),
        "wall_ms": round(wall_ms, 2),
        "import_s": round(import_s, 2),
    }


async def _bare(base_url: str, body: bytes, times: int) -> float:
    """CPU milliseconds for each exchange of the same bytes over one kept connection."""
    url = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = (
        f"POST {url.path}/chat/completions HTTP/1.1\r\nhost: {url.netloc}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    cpu = time.process_time()
    for _ in range(times):
        writer.write(request)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = answer.split(b"content-length:")[1].split(b"\r\n")[0]
        await reader.readexactly(int(length))
    took = time.process_time() - cpu
    writer.close()
    return took * 1e3 / times


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bench_consult(), indent=2) + "\n")
