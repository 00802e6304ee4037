"""``signalbox bench chaos``: a cluster of real processes under load in bad weather."""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evals.benchmarks.chaos import books
from evals.benchmarks.chaos.client import Asked, Client
from evals.benchmarks.chaos.cluster import Cluster, make_cluster, not_up
from evals.benchmarks.chaos.load import Sent, send
from evals.benchmarks.chaos.people import People
from evals.benchmarks.chaos.postgres import own_postgres
from evals.benchmarks.chaos.weather import Storm
from evals.benchmarks.posting import demo_model
from evals.scripted.process import running_scripted
from signalbox.domain.errors import BadInput

OWN = "postgres"
UP_S = 60.0
AVAILABILITY, RECOVERY_MS = 0.999, 10_000.0


def bench_chaos(
    db: str,
    *,
    kills: int = 30,
    seconds: float = 180.0,
    db_restarts: int = 0,
    rate: float = 15.0,
    servers: int = 2,
    workers: int = 2,
    outage_s: float = 60.0,
    seed: int = 1,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """Kill -9, database restarts, a hanging language model, duplicate submits, racing approvers.

    ``db`` is a URL, ``sqlite`` for a temporary file, or ``postgres`` for a server of our own that
    is started for the run and can therefore be restarted. ``availability`` is the share of valid
    requests that were answered for good within the client's patience of half a minute, tries
    included; ``p99_ms`` of those requests; ``recovery_p99_ms`` from when a task was due to when it
    was decided or waited for a person, over the tasks whose first try failed or that were only
    accepted. ``failing`` names the bars that were missed.

    Raises:
        BadInput: no database to run on, or restarts asked of SQLite.
        Unavailable: the cluster did not come up.
    """
    if db_restarts and db.startswith("sqlite"):
        raise BadInput("SQLite has no server to restart", hint="leave --db-restarts out")
    outage_s = min(outage_s, seconds / 2)
    with (
        tempfile.TemporaryDirectory(prefix="signalbox-chaos-") as made,
        running_scripted() as host,
        database(db, Path(made)) as url,
    ):
        folder = Path(made)
        progress("learning", 0.0)
        model = demo_model(folder)
        env = {
            "SIGNALBOX_LLM__BASE_URL": host.base_url("vllm"),
            "SIGNALBOX_LLM__MODEL": "scripted",
            "SIGNALBOX_LLM__DIALECT": "vllm",
            "SIGNALBOX_LLM__DEADLINE_S": "10",
        }
        cluster = make_cluster(folder, url, model, servers, workers, env)
        rng = random.Random(seed)
        storm = Storm(cluster, host, url, seconds, kills, db_restarts, outage_s, rng)
        cluster.start()
        try:
            asyncio.run(_until_up(cluster))
            progress("running", 0.0)
            sent, people = asyncio.run(_run(cluster, storm, rate, rng))
            owed = books.until_settled(url, lambda: True)
        finally:
            cluster.stop()
        return _figures(books.read(url), sent, people, storm, owed)


@contextmanager
def database(db: str, folder: Path) -> Iterator[str]:
    """The URL that ``db`` stands for; what is made for it is gone afterwards."""
    if db == OWN:
        with own_postgres() as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'chaos.db'}" if db == "sqlite" else db


async def _until_up(cluster: Cluster) -> None:
    client = Client(cluster.urls)
    ends = time.monotonic() + UP_S
    for place in range(len(cluster.urls)):
        asked = await client.ask("ready", "GET", "/readyz", at=place)
        if not asked.answered or time.monotonic() > ends:
            raise not_up(cluster)
    client.close()


async def _run(
    cluster: Cluster, storm: Storm, rate: float, rng: random.Random
) -> tuple[list[Sent], People]:
    client = Client(cluster.urls)
    over = asyncio.Event()
    people = People(client, rng)
    answering = asyncio.create_task(people.work(over))
    sending = asyncio.create_task(send(client, rate, over, rng))
    blowing = threading.Thread(target=storm.blow, daemon=True)
    blowing.start()
    while blowing.is_alive():
        await asyncio.sleep(0.2)
    over.set()
    sent = await sending
    await answering
    client.close()
    return sent, people


def _figures(
    found: books.Books, sent: list[Sent], people: People, storm: Storm, owed: int
) -> dict[str, Any]:
    races = list(people.races.values())
    tasks = [asked for one in sent for asked in one.answers]
    answers = [asked for race in races for asked in race.asked.values()]
    requests = [*tasks, *answers, *people.looks]
    answered = [asked for asked in requests if asked.answered]
    # Every request was valid: a refusal other than "somebody was first" is one too few.
    refused = Counter(
        f"{asked.what} {asked.status}"
        for asked in answered
        if asked.status not in (200, 202) and (asked.what, asked.status) != ("answer", 409)
    )
    good = len(answered) - sum(refused.values())
    result: dict[str, Any] = {
        "host": "scripted, no model involved",
        "accepted": sum(any(a.status in (200, 202) for a in one.answers) for one in sent),
        "answered": good,
        "requests": len(requests),
        "lost": len(books.lost(found, sent)),
        "decided_twice": len(books.decided_twice(found, sent)),
        "overwritten_answers": len(books.overwritten(found, races)),
        "availability": good / max(1, len(requests)),
        "p50_ms": _percentile([asked.ms for asked in tasks], 50),
        "p99_ms": _percentile([asked.ms for asked in tasks], 99),
        "recovery_p99_ms": _percentile(_recoveries(found, sent), 99),
        "recoveries": len(_recoveries(found, sent)),
        "approvals_raced": len(races),
        "kills": Counter(name for _, name in storm.killed),
        "db_restarts": Counter(what for _, what in storm.restarted),
        "refused": refused,
        "still_owed": owed,
        "tries": _tries(requests),
    }
    result["failing"] = failing(result)
    return result


def failing(result: dict[str, Any]) -> list[str]:
    """The bars that were missed."""
    wrong = [key for key in ("lost", "decided_twice", "overwritten_answers") if result[key]]
    if result["availability"] < AVAILABILITY:
        wrong.append("availability")
    if result["recovery_p99_ms"] > RECOVERY_MS:
        wrong.append("recovery_p99_ms")
    return wrong


def _recoveries(found: books.Books, sent: list[Sent]) -> list[float]:
    """Milliseconds; a task that was never decided counts as the time until now."""
    took = []
    for one in sent:
        told = one.answers[0]
        left = told.status == 202 and not told.body.get("approval_id")
        if told.tries > 1 or left:
            settled = found.since.get(one.id, time.time())
            took.append(max(0.0, settled - one.at) * 1000)
    return took


def _tries(requests: list[Asked]) -> dict[str, int]:
    return {str(n): count for n, count in sorted(Counter(one.tries for one in requests).items())}


def _percentile(values: list[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 1) if values else 0.0
