"""The proxy of deploy/, in front of two real servers: killed, waited for, and read from."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest

from api.problems import describe
from evals.benchmarks.chaos.client import Client
from evals.benchmarks.chaos.cluster import free_ports, make_cluster
from signalbox.domain.errors import Unavailable
from tests.chaos.serving import TEXT, nothing_twice, problem
from tests.deploy.test_deploy import DEPLOY

CONFIG = DEPLOY / "haproxy" / "haproxy.cfg"
RATE = 20
# The proxy looks every second; after so long it knows that a server is back.
SEEN_S = 4.0
STOP_S = 30.0
GOING = 410


def up(url, within_s=60.0):
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} is not ready after {within_s} s")


@contextlib.contextmanager
def proxy(haproxy, servers, folder):
    """The configuration as it is deployed, in front of two servers. Its URL."""
    (port,) = free_ports(1)
    first, second = (url.removeprefix("http://") for url in servers)
    env = {
        **os.environ,
        "PROXY_LISTEN": f"127.0.0.1:{port}",
        "PROXY_API_1": first,
        "PROXY_API_2": second,
    }
    with (folder / "proxy.log").open("wb") as log:
        running = subprocess.Popen(
            [haproxy, "-W", "-db", "-f", str(CONFIG)], env=env, stdout=log, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.kill()
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
    with proxy(program("haproxy"), cluster.urls, tmp_path) as url:
        up(url)
        yield url


async def load(url, over):
    """Tasks on a schedule until ``over``, from a client that does as clients are told."""
    client = Client([url])
    began = time.monotonic()
    asked = []
    while not over.is_set():
        await asyncio.sleep(max(0.0, began + len(asked) / RATE - time.monotonic()))
        content = {"id": f"end-{len(asked)}", "text": TEXT}
        asked.append(asyncio.create_task(client.ask("task", "POST", "/v1/tasks", content)))
    done = await asyncio.gather(*asked)
    client.close()
    return done


def end_each_in_turn(cluster, over, took):
    """End every server under load, the next one when the last is back: as a crash does, and as a
    rollout does."""
    try:
        for one, ending in zip(cluster.members, ("kill", "terminate"), strict=True):
            time.sleep(SEEN_S)
            process, began = one.process, time.monotonic()
            getattr(process, ending)()
            process.wait(timeout=60)
            took[ending] = time.monotonic() - began
            up(one.url)
        time.sleep(SEEN_S)
    finally:
        over.set()


@pytest.mark.slow
def test_every_task_is_answered_while_servers_end(front, cluster, postgres_url):
    over, took = threading.Event(), {}
    ending = threading.Thread(target=end_each_in_turn, args=(cluster, over, took))
    ending.start()
    asked = asyncio.run(load(front, over))
    ending.join()
    assert [one.starts for one in cluster.members] == [2, 2]
    # Well within what every supervisor in deploy/ waits for before it kills.
    assert took["terminate"] < STOP_S
    assert len(asked) > 8 * RATE
    assert {one.status for one in asked} <= {200, 202}
    assert nothing_twice(postgres_url) >= {f"end-{n}" for n in range(len(asked))}


class Servant(BaseHTTPRequestHandler):
    """Healthy, and otherwise knows of nothing; notes whom it was asked for."""

    seen: ClassVar[list] = []

    def do_GET(self):
        self.seen.append(self.headers.get_all("X-Forwarded-For"))
        self.send_response(200 if self.path in ("/healthz", "/readyz") else GOING)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


def test_a_server_that_is_away_is_passed_over(program, cluster, tmp_path):
    """Before the proxy has found out: what was never sent goes to the other one, and the client
    sees nothing of it."""
    going = ThreadingHTTPServer(("127.0.0.1", 0), Servant)
    threading.Thread(target=going.serve_forever, daemon=True).start()
    servers = [f"http://127.0.0.1:{going.server_port}", cluster.urls[0]]

    def post(url, number):
        # Each on a connection of its own: one that is kept may be led to the same server.
        sent = {"id": f"passed-{number}", "text": TEXT}
        answer = httpx.post(f"{url}/v1/tasks", json=sent, timeout=20)
        # Of the server that is there, even where it has no time for it.
        return answer.status_code in (200, 202) or "the database" in answer.text

    with proxy(program("haproxy"), servers, tmp_path) as url:
        up(url)
        while not any(httpx.get(f"{url}/v1/tasks").status_code == GOING for _ in range(2)):
            time.sleep(0.1)
        going.shutdown()
        going.server_close()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n: post(url, n), range(24)))
    assert all(found)


def listening(url):
    """Wait until the proxy takes connections, which it does before it knows of any server."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 1).close()
            return
        time.sleep(0.01)
    raise AssertionError(f"nothing listens at {url}")


def test_without_a_server_it_is_said_as_the_servers_say_it(program, tmp_path):
    servers = [f"http://127.0.0.1:{port}" for port in free_ports(2)]
    with proxy(program("haproxy"), servers, tmp_path) as url:
        listening(url)
        answer = httpx.post(f"{url}/v1/tasks", json={"text": TEXT}, timeout=20)
    problem(answer, "no server can be reached", "Retry-After")
    assert answer.json()["type"] == describe(Unavailable("away"))["type"]


def test_the_caller_does_not_choose_its_own_address(program, tmp_path):
    Servant.seen = seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Servant) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        both = [f"http://127.0.0.1:{server.server_port}"] * 2
        with proxy(program("haproxy"), both, tmp_path) as url:
            listening(url)
            headers = [("X-Forwarded-For", "9.9.9.9"), ("X-Forwarded-For", "8.8.8.8")]
            assert httpx.get(f"{url}/v1/tasks", headers=headers, timeout=20).status_code == GOING
        server.shutdown()
    assert [one for one in seen if one] == [["127.0.0.1"]]


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
