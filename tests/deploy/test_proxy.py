"""The proxy of deploy/, in front of two real servers: killed, waited for, and read from."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
import time

import httpx
import pytest

from evals.benchmarks.chaos.client import Client
from evals.benchmarks.chaos.cluster import free_ports, make_cluster
from evals.benchmarks.posting import Connection
from tests.chaos.serving import TEXT, nothing_twice
from tests.deploy.test_deploy import DEPLOY

RATE = 50
# The proxy looks every two seconds; after so long it knows that a server is back.
SEEN_S = 4.0


def up(url, within_s=60.0):
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} is not ready after {within_s} s")


@contextlib.contextmanager
def proxy(caddy, servers, folder):
    """The configuration as it is deployed, in front of ``servers``. Its URL."""
    (port,) = free_ports(1)
    env = {
        **os.environ,
        "HOME": str(folder),
        "SIGNALBOX_LISTEN": f"http://127.0.0.1:{port}",
        "SIGNALBOX_SERVERS": " ".join(url.removeprefix("http://") for url in servers),
    }
    config = str(DEPLOY / "caddy" / "Caddyfile")
    with (folder / "caddy.log").open("wb") as log:
        running = subprocess.Popen(
            [caddy, "run", "--adapter", "caddyfile", "--config", config],
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        up(url)
        yield url
    finally:
        running.terminate()
        running.wait(timeout=20)


@pytest.fixture(scope="module")
def cluster(postgres_url, model, tmp_path_factory):
    """Two servers under a supervisor, on a database of this run's own."""
    made = make_cluster(tmp_path_factory.mktemp("logs"), postgres_url, model, 2, 0, {})
    made.start()
    try:
        for url in made.urls:
            up(url)
        yield made
    finally:
        made.stop()


@pytest.fixture
def front(program, cluster, tmp_path):
    with proxy(program("caddy"), cluster.urls, tmp_path) as url:
        yield url


async def load(url, over):
    """Tasks on a schedule until ``over``, from a client that does as clients are told."""
    client = Client([url])
    began = time.monotonic()
    asked = []
    while not over.is_set():
        await asyncio.sleep(max(0.0, began + len(asked) / RATE - time.monotonic()))
        content = {"id": f"kill-{len(asked)}", "text": TEXT}
        asked.append(asyncio.create_task(client.ask("task", "POST", "/v1/tasks", content)))
    done = await asyncio.gather(*asked)
    client.close()
    return done


class Only:
    """Chooses one member of a cluster, where a storm would choose any."""

    def __init__(self, name):
        self._name = name

    def choice(self, members):
        return next(one for one in members if one.name == self._name)


def kill_each_in_turn(cluster, over):
    """SIGKILL every server under load, the next one when the last is back."""
    try:
        for one in cluster.members:
            time.sleep(SEEN_S)
            cluster.kill(Only(one.name))
            up(one.url)
        time.sleep(SEEN_S)
    finally:
        over.set()


@pytest.mark.slow
def test_every_task_is_answered_while_servers_are_killed(front, cluster, postgres_url):
    over = threading.Event()
    killing = threading.Thread(target=kill_each_in_turn, args=(cluster, over))
    killing.start()
    asked = asyncio.run(load(front, over))
    killing.join()
    assert [one.kills for one in cluster.members] == [1, 1]
    assert len(asked) > 300
    assert {one.status for one in asked} <= {200, 202}
    # Only what a dead server held is sent again: the client hardly notices.
    assert sum(one.tries > 1 for one in asked) <= len(asked) / 50
    assert nothing_twice(postgres_url) >= {f"kill-{n}" for n in range(len(asked))}


def test_a_server_that_is_away_is_passed_over(program, cluster, tmp_path):
    """What was never sent goes to the other one: the client sees nothing of it."""
    (nobody,) = free_ports(1)
    servers = [f"http://127.0.0.1:{nobody}", cluster.urls[0]]

    async def post(url):
        connection = Connection(url)
        body = b'{"id": "passed-%d", "text": "The VPN drops"}'
        found = [(await connection.post("/v1/tasks", body % n))[0] for n in range(20)]
        connection.close()
        return found

    with proxy(program("caddy"), servers, tmp_path) as url:
        assert set(asyncio.run(post(url))) <= {200, 202}


def test_events_pass_through_as_they_happen(front):
    with (
        httpx.Client(base_url=front, timeout=20) as client,
        client.stream("GET", "/v1/events?type=decision.*&for_s=15") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        # It is open, and at its place, once it has spoken.
        assert next(lines).startswith("retry:")
        began = time.monotonic()
        httpx.post(f"{front}/v1/tasks", json={"id": "streamed", "text": TEXT}, timeout=20)
        found = next(line for line in lines if line.startswith("data:"))
        assert "streamed" in found
        assert time.monotonic() - began < 5
