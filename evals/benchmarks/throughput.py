"""Decisions a second on PostgreSQL, beside the same graph with LangGraph's own saver in sync mode.

``python -m evals.benchmarks.throughput``. Both sides run in two processes of their own, with the
same model, rules, spine and ledger, in turn and in blocks, so that a noisy machine is noisy for
both. One side is the engine as it runs: checkpoints only where a decision waits. The other compiles
the same spine with ``AsyncPostgresSaver`` on a pool of connections, ``durability="sync"``: a
checkpoint after every step, and the same commit at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from evals.benchmarks.chaos.bench import database
from evals.benchmarks.posting import demo_model
from signalbox.demo.desk import ServiceDesk
from signalbox.domain.errors import Unavailable
from signalbox.domain.task import Task

WAYS = ("signalbox", "langgraph-sync")
AT_ONCE = 8
WARM_S = 3.0
# Two-sided 95 % of Student's t for so many blocks less one.
_T95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36}


def bench_throughput(
    db: str, *, seconds: float = 15.0, blocks: int = 4, workers: int = 2
) -> dict[str, Any]:
    """Decisions a second of ``workers`` processes each way, and how many times more ours are.

    ``db`` as in ``bench chaos``. ``ratio`` is the geometric mean over ``blocks``, with its 95 %
    interval (Student's t on the logarithms).
    """
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="signalbox-throughput-") as made:
        model = demo_model(Path(made))
        with database(db, Path(made)) as url:
            for _ in range(blocks):
                for way in WAYS:
                    rates[way].append(_block(url, model, way, seconds, workers))
    logs = [math.log(a / b) for a, b in zip(*(rates[way] for way in WAYS), strict=True)]
    mean = statistics.fmean(logs)
    spread = statistics.stdev(logs) / math.sqrt(blocks) * _T95[blocks - 1] if blocks > 1 else 0.0
    return {
        "workers": workers,
        "seconds": seconds,
        "rates": {way: [round(rate, 1) for rate in found] for way, found in rates.items()},
        "ratio": round(math.exp(mean), 2),
        "low": round(math.exp(mean - spread), 2),
        "high": round(math.exp(mean + spread), 2),
    }


def _block(url: str, model: Path, way: str, seconds: float, workers: int) -> float:
    command = [sys.executable, "-m", "evals.benchmarks.throughput", "--child", way, url, str(model)]
    starts = time.time() + 12.0
    processes = [
        subprocess.Popen(
            [*command, str(starts), str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(workers)
    ]
    done = 0
    for process in processes:
        out, told = process.communicate()
        if process.returncode:
            raise Unavailable(f"a process did not work: {told.decode()[-400:]}")
        done += int(out)
    return done / seconds


async def _child(way: str, url: str, model: Path, starts: float, seconds: float) -> int:
    from signalbox.app import open_signalbox
    from signalbox.settings import Settings

    settings = Settings(db=url, model=model, fallback_team="front desk", online=False)
    desk = ServiceDesk(seed=os.getpid())
    tickets = desk.stream(10_000_000, drift_at=10_000_000)
    async with open_signalbox(settings) as engine:
        if way == WAYS[0]:
            return await _load(tickets, engine.dispatcher.decide, starts, seconds)
        async with _eager(engine, url) as decide:
            return await _load(tickets, decide, starts, seconds)


def _eager(engine: Any, url: str) -> Any:
    """The same spine, checkpointed after every step."""
    from contextlib import asynccontextmanager

    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from langsmith.run_helpers import tracing_context
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    from graphs.lanes import Lane
    from graphs.spine import build_spine

    @asynccontextmanager
    async def opened() -> Any:
        lane = Lane("model")

        async def predict(task: Task, offered: tuple[str, ...]) -> Any:
            return await lane.run(engine.kind.predict, task, offered)

        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        options: Any = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
        async with AsyncConnectionPool(plain, max_size=AT_ONCE, kwargs=options) as opened_pool:
            pool: Any = opened_pool
            saver = AsyncPostgresSaver(pool)
            spine = build_spine(engine.parts, predict, saver)

            async def decide(task: Task) -> None:
                config: Any = {"configurable": {"thread_id": task.id}}
                with tracing_context(enabled=False):
                    start: Any = {"task": task, "epoch": 1, "timings": {}}
                    await spine.ainvoke(start, config, durability="sync")

            yield decide
        lane.close()

    return opened()


async def _load(
    tickets: Any, decide: Callable[[Task], Awaitable[object]], starts: float, seconds: float
) -> int:
    """Decisions finished within ``seconds`` from ``starts``, some at once all the time."""
    done = 0
    ends = starts + seconds
    me = uuid.uuid4().hex[:8]

    async def one() -> None:
        nonlocal done
        while (now := time.time()) < ends:
            ticket = next(tickets)
            await decide(
                Task(id=f"{me}-{ticket.id}", text=ticket.text, attributes=ticket.attributes)
            )
            if now >= starts and time.time() <= ends:
                done += 1

    await asyncio.sleep(max(0.0, starts - WARM_S - time.time()))
    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return done


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["--child"]:
        way, url, model, starts, seconds = given[1:]
        os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
        count = asyncio.run(_child(way, url, Path(model), float(starts), float(seconds)))
        sys.stdout.write(f"{count}\n")
        return 0
    parser = argparse.ArgumentParser(
        prog="python -m evals.benchmarks.throughput", description=__doc__
    )
    parser.add_argument("--db", default="postgres", help="URL; postgres: a server of our own")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each block")
    parser.add_argument("--blocks", type=int, default=4, help="of each side, 2 to 8")
    found = parser.parse_args(given)
    result = bench_throughput(found.db, seconds=found.seconds, blocks=found.blocks)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ratio"] >= 3 else 1


if __name__ == "__main__":
    raise SystemExit(main())
