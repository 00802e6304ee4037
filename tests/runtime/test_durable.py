"""Owed work outlives the process that owes it. Real processes, killed for real."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from queue import Empty, Queue

import pytest
from sqlalchemy import text

from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput, Unavailable
from signalbox.domain.jobs import Job
from signalbox.domain.task import Task
from signalbox.ledger.store import open_ledger
from signalbox.runtime.durable import Durable
from signalbox.runtime.host import Host


class Child:
    """``tests.runtime.child`` and the lines it says."""

    def __init__(self, url: str, way: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.child", url, way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def says(self, wanted: str, within_s: float = 30.0) -> None:
        heard = []
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            try:
                heard.append(self.lines.get(timeout=0.2))
            except Empty:
                continue
            if heard[-1] == wanted:
                return
        raise AssertionError(f"did not say {wanted!r} but {heard}")

    def end(self) -> None:
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(timeout=30)


@pytest.fixture
def children():
    made: list[Child] = []

    def make(url: str, way: str) -> Child:
        made.append(Child(url, way))
        made[-1].says("up")
        return made[-1]

    yield make
    for one in made:
        one.process.kill()
        one.process.wait()
        one.process.stdin.close()
        one.process.stdout.close()


async def owe(url: str, *jobs: Job) -> None:
    """Enqueue in a transaction of the ledger, from a runtime that does nothing of it itself."""
    ledger = open_ledger(url)
    client = Durable(url, "owes", {})
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    client._client = DBOSClient(
        system_database_url=url, serializer=DBOSPortableJSONSerializer(), lazy=True,
        application_name="signalbox",
    )  # fmt: skip
    with ledger._database.write() as connection:
        for job in jobs:
            client.enqueue(connection, job)
    client._client.destroy()
    ledger.close()


def test_a_job_of_a_killed_process_is_done_by_another(url, children):
    first = children(url, "hang")
    asyncio.run(owe(url, Job("decide", "default", "t-1")))
    first.says("begun default t-1")
    second = children(url, "do")
    first.process.kill()
    second.says("done default t-1")
    second.end()
    second.says("ended")


def test_owed_again_it_is_not_done_again(url, children):
    child = children(url, "do")
    asyncio.run(owe(url, *[Job("decide", "default", "t-1")] * 2, Job("decide", "default", "t-2")))
    child.says("done default t-2")
    time.sleep(1.5)
    asyncio.run(owe(url, Job("decide", "default", "t-1"), Job("decide", "default", "t-3")))
    child.says("done default t-3")
    child.end()
    heard = list(child.lines.queue)
    assert not [line for line in heard if line.endswith("t-1")]


def test_what_is_rolled_back_is_not_owed(url, children):
    child = children(url, "do")
    ledger = open_ledger(url)
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    durable = Durable(url, "owes", {})
    durable._client = DBOSClient(
        system_database_url=url, serializer=DBOSPortableJSONSerializer(), lazy=True
    )
    with pytest.raises(RuntimeError), ledger._database.write() as connection:
        durable.enqueue(connection, Job("decide", "default", "never"))
        raise RuntimeError
    with ledger._database.write() as connection:
        durable.enqueue(connection, Job("decide", "default", "ever"))
    child.says("done default ever")
    table = "workflow_status" if url.startswith("sqlite") else "dbos.workflow_status"
    with ledger._database.read() as connection:
        known = set(connection.scalars(text(f"SELECT workflow_uuid FROM {table}")))
    assert known == {"decide:default:ever"}
    durable._client.destroy()
    ledger.close()


def test_accepting_a_task_owes_its_decision(url):
    async def run() -> list[str]:
        done: list[str] = []
        came = asyncio.Event()

        async def handle(tenant: str, about: str) -> None:
            done.append(about)
            came.set()

        ledger = open_ledger(url)
        host = Host(url, "serve", ledger.executors, {"decide": handle}, utc_now)
        await host.start()
        ledger.enqueue = host.durable.enqueue
        task = Task(id="t-1", text="a screen stays dark")
        ledger.accept(task)
        ledger.accept(task)
        async with asyncio.timeout(20):
            await came.wait()
        await host.stop()
        assert ledger.executors.counts() == {}, "it ended in order and owes nothing"
        ledger.close()
        return done

    assert asyncio.run(run()) == ["t-1"]


def test_a_database_that_is_away_is_waited_for(url):
    async def run() -> int:
        tries = 0
        done = asyncio.Event()

        async def handle(tenant: str, about: str) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise Unavailable("away")
            done.set()

        ledger = open_ledger(url)
        host = Host(url, "serve", ledger.executors, {"decide": handle}, utc_now)
        await host.start()
        with ledger._database.write() as connection:
            host.durable.enqueue(connection, Job("decide", "default", "t-1"))
        async with asyncio.timeout(20):
            await done.wait()
        await host.stop()
        ledger.close()
        return tries

    assert asyncio.run(run()) == 3


def test_jobs_of_another_version_refuse_the_start_and_stay(url, children):
    children(url, "do").end()
    asyncio.run(owe(url, Job("decide", "default", "t-1")))
    ledger = open_ledger(url)
    table = "workflow_status" if url.startswith("sqlite") else "dbos.workflow_status"
    with ledger._database.write() as connection:
        connection.execute(text(f"UPDATE {table} SET name = 'of-tomorrow'"))

    async def start() -> None:
        async def handle(tenant: str, about: str) -> None:
            raise AssertionError("must not be done")

        host = Host(url, "serve", ledger.executors, {"decide": handle}, utc_now)
        await host.start()

    with pytest.raises(BadInput, match="of-tomorrow"):
        asyncio.run(start())
    with ledger._database.read() as connection:
        rows = connection.execute(text(f"SELECT name, status FROM {table}")).all()
    assert [tuple(row) for row in rows] == [("of-tomorrow", "ENQUEUED")]
    assert ledger.executors.counts() == {}
    ledger.close()


def test_what_is_under_way_at_a_stop_stays_owed(url):
    async def run(finish: bool) -> bool:
        begun = asyncio.Event()

        async def handle(tenant: str, about: str) -> None:
            begun.set()
            if not finish:
                raise Unavailable("away for good")

        ledger = open_ledger(url)
        host = Host(url, "serve", ledger.executors, {"decide": handle}, utc_now)
        await host.start()
        with ledger._database.write() as connection:
            host.durable.enqueue(connection, Job("decide", "default", "t-1"))
        async with asyncio.timeout(30):
            await begun.wait()
        await host.stop()
        ledger.close()
        return True

    assert asyncio.run(run(finish=False))
    assert asyncio.run(run(finish=True)), "the next start takes over and does it"
