"""Latency of the real server under an open-loop load.

Requests are sent on a fixed schedule whether or not earlier ones have been answered, and latency
counts from the scheduled moment: a stall is charged to every request it delays (coordinated
omission, Tene 2013).
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from evals.server import running_server
from signalbox.demo.desk import ServiceDesk

WARM_UP = 30
SINGLE_CLIENT = 200
DEMO_HISTORY = 3_000


class _Connection:
    """One keep-alive HTTP/1.1 connection: just enough to measure the server, not a client."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        length = next(
            int(line.split(":", 1)[1])
            for line in lines
            if line.lower().startswith("content-length:")
        )
        return int(lines[0].split()[1]), await reader.readexactly(length)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


def _bodies(n: int, model: Path | None) -> list[bytes]:
    desk = ServiceDesk(seed=11)
    return [
        json.dumps({"text": ticket.text, "attributes": ticket.attributes}).encode()
        for ticket in desk.stream(n)
    ]


async def _single(url: str, bodies: list[bytes]) -> list[float]:
    connection = _Connection(url)
    took = []
    for body in bodies:
        began = time.perf_counter()
        await connection.post("/v1/tasks", body)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


async def _open_loop(
    url: str, bodies: list[bytes], rate: float, progress: Callable[[str, float], None]
) -> tuple[list[float], Counter[str], float]:
    idle: list[_Connection] = []
    took: list[float] = []
    failures: Counter[str] = Counter()
    began = time.perf_counter()

    async def send(body: bytes, due: float) -> None:
        connection = idle.pop() if idle else _Connection(url)
        try:
            status, _ = await asyncio.wait_for(connection.post("/v1/tasks", body), timeout=30)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            failures["no answer"] += 1
            connection.close()
            return
        took.append((time.perf_counter() - due) * 1000)
        if status >= 400:
            failures[str(status)] += 1
        idle.append(connection)

    under_way = []
    for place, body in enumerate(bodies):
        due = began + place / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        under_way.append(asyncio.create_task(send(body, due)))
        if place % 25 == 0:
            progress("sending", place / len(bodies))
    await asyncio.gather(*under_way)
    length = time.perf_counter() - began
    for connection in idle:
        connection.close()
    return took, failures, length


def _demo_model(folder: Path) -> Path:
    from signalbox.demo.export import write_history_csv
    from signalbox.learning.command import learn_to_folder

    data, out = folder / "history.csv", folder / "model"
    write_history_csv(data, n=DEMO_HISTORY, seed=11)
    learn_to_folder(data, out, text="text", label="team")
    return out


def bench_latency(
    *,
    db: str | None = None,
    rate: float = 50.0,
    seconds: float = 30.0,
    model: Path | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """Start the server, warm it up, measure one client alone, then the open-loop load.

    Latencies in milliseconds; ``throughput`` in answers a second; ``sub_second_share`` of all
    requests, errors counted as misses.
    """
    with tempfile.TemporaryDirectory(prefix="signalbox-latency-") as made:
        folder = Path(made)
        progress("learning a model", 0.0)
        chosen = model or _demo_model(folder)
        url = db or f"sqlite:///{folder / 'latency.db'}"
        bodies = _bodies(WARM_UP + SINGLE_CLIENT + int(rate * seconds), model)
        with running_server(["--model", str(chosen), "--db", url]) as server:
            warm, single, load = (
                bodies[:WARM_UP],
                bodies[WARM_UP : WARM_UP + SINGLE_CLIENT],
                bodies[WARM_UP + SINGLE_CLIENT :],
            )
            asyncio.run(_single(server.url, warm))
            alone = asyncio.run(_single(server.url, single))
            took, failures, length = asyncio.run(_open_loop(server.url, load, rate, progress))
    p50, p95, p99 = (float(np.percentile(took, q)) for q in (50, 95, 99)) if took else (0, 0, 0)
    return {
        "requests": len(load),
        "errors": failures.total(),
        "failures": dict(failures),
        "p50_ms": round(p50, 2),
        "p95_ms": round(p95, 2),
        "p99_ms": round(p99, 2),
        "max_ms": round(max(took, default=0.0), 2),
        "throughput": round(len(took) / length, 2),
        "sub_second_share": round(sum(one < 1000 for one in took) / max(len(load), 1), 5),
        "single_client_p50_ms": round(float(np.percentile(alone, 50)), 2),
        "single_client_p99_ms": round(float(np.percentile(alone, 99)), 2),
        "rate": rate,
        "seconds": seconds,
        "database": "sqlite" if url.startswith("sqlite") else "postgresql",
    }
