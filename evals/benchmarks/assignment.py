"""How long it takes to give out one task: many resources, a long backlog, the real spine.

Run ``python -m evals.benchmarks.assignment --json``. One team of 500 resources, all at work, and
5,000 tasks that wait with skills, kinds of work and priorities of their own. Somebody ends a task,
and what is timed is how long it takes until they have the next one: ranked, through both rule
evaluators, verified, authorised and committed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from signalbox.app import Signalbox, open_signalbox
from signalbox.cli.hosting import SWITCH_S
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision, decision_id
from signalbox.domain.enums import DecisionStatus, Kind, Source
from signalbox.domain.resource import Resource
from signalbox.domain.task import Task
from signalbox.settings import Settings

TEAM = "desk"
SKILLS = [f"skill-{n}" for n in range(12)]
WORK = [f"work-{n}" for n in range(8)]
PRIORITIES = ["low", "normal", "normal", "normal", "high", "critical"]


def _resources(count: int, random: Random) -> Iterator[Resource]:
    for n in range(count):
        skills = frozenset(random.sample(SKILLS, random.randint(4, len(SKILLS))))
        yield Resource(id=f"r{n}", team=TEAM, skills=skills, cost=random.uniform(20, 60))


def _tasks(count: int, random: Random) -> Iterator[Task]:
    for n in range(count):
        needed = random.sample(SKILLS, random.choice([0, 0, 1, 1, 2]))
        yield Task(
            id=f"t{n}",
            attributes={
                "skills": ",".join(sorted(needed)),
                "work": random.choice(WORK),
                "priority": random.choice(PRIORITIES),
            },
        )


def _route(engine: Signalbox, task: Task) -> None:
    decision = Decision(
        id=decision_id(task.tenant, Kind.ROUTING.value, task.id, 1),
        subject=task.id,
        epoch=1,
        status=DecisionStatus.DECIDED,
        option=TEAM,
        source=Source.RULE,
        decided_at=utc_now(),
    )
    engine.ledger.commit(task, decision)


async def measure(
    url: str, resources: int, backlog: int, rounds: int, seed: int, rate: float = 0.0
) -> dict[str, Any]:
    """Milliseconds from a free resource to its next task, over ``rounds`` of them.

    ``rate`` are so many a second; at 0 one comes right after the other.
    """
    random = Random(seed)
    # As `serve` sets it.
    sys.setswitchinterval(SWITCH_S)
    settings = Settings(
        db=url, assignment={"activity_attribute": "work", "longest_hold_minutes": 0}, online=False
    )
    async with open_signalbox(settings) as engine:
        placing = engine.placing
        for resource in _resources(resources, random):
            engine.ledger.resources.put(resource)
        sys.stderr.write("filling the backlog\n")
        for task in _tasks(resources + backlog, random):
            _route(engine, task)
        await placing.boards.refresh()
        board = placing.boards.of("default")
        while any(board.taken(one) < one.capacity for one in board.resources.values()):
            await placing.round("default", TEAM)
        sys.stderr.write("everybody is at work\n")
        took, waiting = [], len(board.open) - resources
        for n in range(rounds):
            if rate:
                await asyncio.sleep(random.expovariate(rate))
            held = [one for one in board.open.values() if one.resource is not None]
            one = random.choice(held)
            ended = engine.ledger.assignments.end("default", one.task_id, by="bench", now=utc_now())
            board.apply(ended)
            # Somebody else comes in for each that leaves, so that the backlog stays as it is.
            began = time.perf_counter()
            waits = await placing.give_out("default", TEAM)
            took.append((time.perf_counter() - began) * 1000)
            if board.taken(board.resources[str(one.resource)]) != 1:
                raise RuntimeError(f"{one.resource} was given nothing: {waits}")
            for task in _tasks(1, random):
                fresh = task.model_copy(update={"id": f"n{n}"})
                _route(engine, fresh)
                found = engine.ledger.assignments.find("default", fresh.id)
                assert found is not None
                board.apply(found)
        p50, p95, p99 = np.quantile(took, [0.5, 0.95, 0.99])
        return {
            "resources": resources,
            "waiting": waiting,
            "queues": len(board.queues(TEAM)),
            "assignments": len(took),
            "rate": rate,
            "p50_ms": round(float(p50), 3),
            "p95_ms": round(float(p95), 3),
            "p99_ms": round(float(p99), 3),
            "max_ms": round(max(took), 3),
        }


@contextmanager
def _database(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="signalbox-assignment-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


def main(arguments: list[str] | None = None) -> int:
    """JSON on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", help="an empty database; default: a SQLite file of its own")
    parser.add_argument("--resources", type=int, default=500)
    parser.add_argument("--backlog", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=0.0, help="a second; 0: back to back")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    with _database(given.db) as url:
        result = asyncio.run(
            measure(url, given.resources, given.backlog, given.rounds, given.seed, given.rate)
        )
    sys.stdout.write(json.dumps(result, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
