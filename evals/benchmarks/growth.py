"""What a decision costs as decisions pile up: ``python -m evals.benchmarks.growth``.

For each size there is a ledger of its own, filled with decisions of the same make, with their
events, and sealed. Then fresh tasks are decided one after another through the dispatcher, some on
each ledger in turn, so that a machine that slows down in the meantime slows all of them down. The
cost is that of the whole way: look-up, spine, commit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text

from evals.benchmarks.chaos.bench import OWN
from evals.benchmarks.chaos.postgres import own_postgres
from evals.benchmarks.posting import demo_model
from signalbox.demo.desk import ServiceDesk
from signalbox.domain.decision import Decision, decision_id
from signalbox.domain.enums import TaskState
from signalbox.domain.task import Task
from signalbox.ledger import outbox as events
from signalbox.ledger.store import SqlLedger

SIZES = (1_000, 10_000, 50_000, 200_000)
BLOCKS, PER_BLOCK, WARM, PAGE = 20, 40, 60, 2_000


def bench_growth(
    db: str, *, sizes: tuple[int, ...] = SIZES, blocks: int = BLOCKS
) -> dict[str, Any]:
    """Milliseconds a decision at each size (median and p99 over all blocks), and ``growth``: how
    many times more it costs at the largest than at the smallest, as the geometric mean over
    ``blocks`` of the ratio of medians, with its 95 % interval. ``db``: ``sqlite``, ``postgres``."""
    with tempfile.TemporaryDirectory(prefix="signalbox-growth-") as made:
        folder = Path(made)
        model = demo_model(folder)
        with contextlib.ExitStack() as stack:
            if db == OWN:
                own = make_url(stack.enter_context(own_postgres()))
                urls = {size: _create(own, f"size_{size}") for size in sizes}
            else:
                urls = {size: f"sqlite:///{folder / f'{size}.db'}" for size in sizes}
            took = asyncio.run(_measure(urls, model, blocks))
    logs = [
        math.log(statistics.median(large) / statistics.median(small))
        for small, large in zip(took[sizes[0]], took[sizes[-1]], strict=True)
    ]
    mean = statistics.fmean(logs)
    spread = 1.96 * statistics.stdev(logs) / math.sqrt(len(logs))
    return {
        "sizes": {str(size): _figures(blocks) for size, blocks in took.items()},
        "growth": round(math.exp(mean), 3),
        "low": round(math.exp(mean - spread), 3),
        "high": round(math.exp(mean + spread), 3),
    }


def _figures(blocks: list[list[float]]) -> dict[str, float]:
    took = [one for block in blocks for one in block]
    return {
        "median_ms": round(statistics.median(took), 3),
        "p99_ms": round(statistics.quantiles(took, n=100)[98], 3),
    }


def _create(own: URL, name: str) -> str:
    engine = create_engine(own, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return own.set(database=name).render_as_string(hide_password=False)


async def _measure(urls: dict[int, str], model: Path, blocks: int) -> dict[int, list[list[float]]]:
    from signalbox.app import open_signalbox
    from signalbox.settings import Settings

    tickets = ServiceDesk(seed=3).stream(10_000_000, drift_at=10_000_000)
    numbers = itertools.count()

    def fresh() -> Task:
        ticket = next(tickets)
        name = f"grown-{next(numbers)}"
        return Task(id=name, text=ticket.text, attributes=ticket.attributes)

    took: dict[int, list[list[float]]] = {size: [] for size in urls}
    async with contextlib.AsyncExitStack() as stack:
        engines = {}
        for size, url in urls.items():
            settings = Settings(db=url, model=model, fallback_team="front desk", online=False)
            engine = engines[size] = await stack.enter_async_context(open_signalbox(settings))
            patterns = [await engine.dispatcher.decide(fresh()) for _ in range(WARM)]
            decided = [(one.task, one.decision) for one in patterns if one.decision]
            await asyncio.to_thread(_fill, engine.ledger, size, decided)
        for _ in range(blocks):
            for size, engine in engines.items():
                block = []
                for _ in range(PER_BLOCK):
                    task = fresh()
                    began = time.perf_counter()
                    await engine.dispatcher.decide(task)
                    block.append((time.perf_counter() - began) * 1000)
                took[size].append(block)
    return took


def _fill(ledger: Any, size: int, patterns: list[tuple[Task, Decision]]) -> None:
    """Add copies until there are ``size`` decisions, as ``SqlLedger.commit`` writes them."""
    assert isinstance(ledger, SqlLedger)
    from sqlalchemy import func, insert, select

    from signalbox.ledger import decisions, tables, tasks

    with ledger._database.read() as connection:
        have = int(connection.scalar(select(func.count(tables.tasks.c.id))) or 0)
    source = itertools.cycle(patterns)
    while have < size:
        with ledger._database.write() as connection:
            for _ in range(min(PAGE, size - have)):
                have += 1
                task, decision = next(source)
                task = task.model_copy(update={"id": f"filled-{have}"})
                id = decision_id(task.tenant, decision.kind.value, task.id, 1)
                decision = decision.model_copy(update={"id": id, "subject": task.id})
                tasks.store(connection, task, TaskState.ROUTED)
                decisions.store(connection, decision)
                event = events.decision_committed(decision)
                connection.execute(insert(tables.outbox), event.model_dump(exclude={"id"}))
        while ledger.audit.seal(PAGE):
            pass


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.growth", description=__doc__)
    parser.add_argument("--db", default="sqlite", choices=("sqlite", OWN))
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="decisions stored")
    given = parser.parse_args(arguments)
    sizes = tuple(int(size) for size in given.sizes.split(","))
    result = bench_growth(given.db, sizes=sizes)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["growth"] <= 1.2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
