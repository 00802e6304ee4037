"""What a decision costs as decisions pile up: ``python -m evals.benchmarks.growth``.

The ledger is filled up to each size with decisions of the same make, events and all, and then a
number of fresh tasks is decided one after another through the dispatcher. The cost is that of the
whole way: look-up, spine, commit.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from evals.benchmarks.chaos.bench import database
from evals.benchmarks.posting import demo_model
from signalbox.demo.desk import ServiceDesk
from signalbox.domain.decision import Decision, decision_id
from signalbox.domain.enums import TaskState
from signalbox.domain.task import Task
from signalbox.ledger import outbox as events
from signalbox.ledger.store import SqlLedger

SIZES = (1_000, 10_000, 50_000, 200_000)
MEASURED, WARM, PAGE = 600, 100, 2_000


def bench_growth(
    db: str, *, sizes: tuple[int, ...] = SIZES, measured: int = MEASURED
) -> dict[str, Any]:
    """Milliseconds a decision at each size (median and mean), and ``growth``: the median at the
    largest size over that at the smallest. ``db`` as in ``bench chaos``, of its own."""
    with tempfile.TemporaryDirectory(prefix="signalbox-growth-") as made:
        folder = Path(made)
        model = demo_model(folder)
        with database(db, folder) as url:
            found = asyncio.run(_measure(url, model, sizes, measured))
    smallest, largest = found[sizes[0]]["median_ms"], found[sizes[-1]]["median_ms"]
    return {
        "sizes": {str(size): one for size, one in found.items()},
        "growth": round(largest / smallest, 3),
    }


async def _measure(
    url: str, model: Path, sizes: tuple[int, ...], measured: int
) -> dict[int, dict[str, float]]:
    from signalbox.app import open_signalbox
    from signalbox.settings import Settings

    settings = Settings(db=url, model=model, fallback_team="front desk", online=False)
    tickets = ServiceDesk(seed=3).stream(10_000_000, drift_at=10_000_000)
    numbers = itertools.count()
    found = {}
    async with open_signalbox(settings) as engine:

        def fresh() -> Task:
            ticket = next(tickets)
            name = f"grown-{next(numbers)}"
            return Task(id=name, text=ticket.text, attributes=ticket.attributes)

        patterns = [await engine.dispatcher.decide(fresh()) for _ in range(WARM)]
        decided = [(one.task, one.decision) for one in patterns if one.decision]
        for size in sizes:
            await asyncio.to_thread(_fill, engine.ledger, size, decided)
            for _ in range(WARM):
                await engine.dispatcher.decide(fresh())
            took = []
            for _ in range(measured):
                task = fresh()
                began = time.perf_counter()
                await engine.dispatcher.decide(task)
                took.append((time.perf_counter() - began) * 1000)
            found[size] = {
                "median_ms": round(statistics.median(took), 3),
                "mean_ms": round(statistics.fmean(took), 3),
                "p99_ms": round(statistics.quantiles(took, n=100)[98], 3),
            }
    return found


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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.growth", description=__doc__)
    parser.add_argument("--db", default="sqlite", help="URL, sqlite, or postgres: a server started")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="decisions stored")
    given = parser.parse_args(arguments)
    sizes = tuple(int(size) for size in given.sizes.split(","))
    result = bench_growth(given.db, sizes=sizes)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["growth"] <= 1.2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
