"""Latency of the real server under an open-loop load (``posting``)."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from evals.benchmarks.posting import Connection, demo_model, open_loop
from evals.server import running_server
from signalbox.demo.desk import ServiceDesk

WARM_UP = 30
SINGLE_CLIENT = 200


def _bodies(n: int, model: Path | None) -> list[bytes]:
    desk = ServiceDesk(seed=11)
    return [
        json.dumps({"text": ticket.text, "attributes": ticket.attributes}).encode()
        for ticket in desk.stream(n)
    ]


async def _single(url: str, bodies: list[bytes]) -> list[float]:
    connection = Connection(url)
    took = []
    for body in bodies:
        began = time.perf_counter()
        await connection.post("/v1/tasks", body)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def _told(bodies: list[bytes], progress: Callable[[str, float], None]) -> Iterator[bytes]:
    for place, body in enumerate(bodies):
        if place % 25 == 0:
            progress("sending", place / len(bodies))
        yield body


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
        chosen = model or demo_model(folder)
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
            began = time.monotonic()
            posted = asyncio.run(open_loop(server.url, _told(load, progress), rate))
            length = time.monotonic() - began
    took = [one.ms for one in posted if one.status is not None]
    failures = Counter(
        "no answer" if one.status is None else str(one.status)
        for one in posted
        if one.status is None or one.status >= 400
    )
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
