"""Bad weather for a real server: what it says, that nothing is lost, that it recovers by itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from evals.benchmarks.posting import demo_model
from evals.server import running_server
from signalbox.ledger.store import open_ledger
from tests.chaos.proxy import Proxy

TEXT = "The VPN drops every few minutes"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return demo_model(tmp_path_factory.mktemp("model"))


class Client:
    def __init__(self, url):
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30)

    def post(self, id, text=TEXT):
        return self.http.post("/v1/tasks", json={"id": id, "text": text})

    def task(self, id):
        return self.http.get(f"/v1/tasks/{id}").json()

    def until(self, what, within_s=20.0):
        """Ask again until ``what`` is a success; how long it took. As a client is told to."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            with contextlib.suppress(httpx.TransportError):
                answer = what()
                if answer.status_code in (200, 202):
                    return answer
            time.sleep(0.2)
        raise AssertionError(f"not within {within_s} s: {answer.status_code} {answer.text}")

    def ready(self):
        return self.http.get("/readyz").status_code == 200


@contextlib.contextmanager
def serving(db, model, **env):
    with running_server(["--db", db, "--model", str(model)], env=env) as server:
        yield Client(server.url)


def problem(answer, *words):
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["hint"]
    for word in words:
        assert word in f"{body['detail']} {body['hint']}", body


def decisions(db):
    """(subject, epoch) of every decision, and how many events speak of each."""
    ledger = open_ledger(db)
    with ledger._database.read() as connection:
        rows = connection.execute(text("SELECT subject, epoch FROM decisions")).all()
        events = connection.execute(
            text("SELECT subject FROM outbox WHERE type = 'decision.committed'")
        ).all()
    ledger.close()
    return [tuple(row) for row in rows], sorted(row[0] for row in events)


def nothing_twice(db):
    rows, events = decisions(db)
    assert len(set(rows)) == len(rows)
    assert sorted(subject for subject, _ in rows) == events
    return {subject for subject, _ in rows}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class TestDiskFull:
    def test_it_says_so_loses_nothing_and_goes_on_when_there_is_room(self, small_disk, model):
        db = f"sqlite:///{small_disk / 'desk.db'}"
        with serving(db, model) as client:
            assert client.post("before").status_code == 200
            filler = small_disk / "filler"
            with contextlib.suppress(OSError), filler.open("wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
            # The log of the database has room left for a while; a long task uses it up.
            answers = [client.post(f"full-{n}", "x " * 40_000) for n in range(8)]
            refused = [one for one in answers if one.status_code != 200 and one.status_code != 202]
            assert refused, "the disk was not full"
            problem(refused[-1], "room")
            assert client.task("before")["team"], "what is there can still be read"
            assert not client.ready()
            filler.unlink()
            for n in range(8):
                client.until(lambda n=n: client.post(f"full-{n}", "x " * 40_000))
            assert client.ready()
        assert {"before"} <= nothing_twice(db)


class TestReadOnly:
    def test_postgres_says_so_reads_on_and_recovers(self, postgres_database, model):
        name = make_url(postgres_database).database
        admin = create_engine(postgres_database, isolation_level="AUTOCOMMIT")

        def turn(value):
            with admin.connect() as connection:
                connection.execute(
                    text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
                )
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = :name AND pid <> pg_backend_pid()"
                    ),
                    {"name": name},
                )
            admin.dispose()

        with serving(postgres_database, model) as client:
            assert client.post("before").status_code == 200
            turn("on")
            time.sleep(1.5)
            problem(client.post("during"), "cannot be written to")
            assert client.task("before")["team"]
            assert not client.ready()
            with admin.connect() as connection:
                connection.execute(text("SET default_transaction_read_only = off"))
            turn_off = create_engine(
                postgres_database,
                isolation_level="AUTOCOMMIT",
                connect_args={"options": "-c default_transaction_read_only=off"},
            )
            with turn_off.connect() as connection:
                connection.execute(
                    text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
                )
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = :name AND pid <> pg_backend_pid()"
                    ),
                    {"name": name},
                )
            turn_off.dispose()
            client.until(lambda: client.post("during"))
            client.until(lambda: client.http.get("/readyz"))
        assert nothing_twice(postgres_database) == {"before", "during"}

    def test_a_read_only_folder_refuses_the_start_in_words(self, small_disk, model):
        db = f"sqlite:///{small_disk / 'desk.db'}"
        open_ledger(db).close()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        try:
            done = subprocess.run(
                [os.sys.executable, "-m", "signalbox", "serve", "--port", "0", "--db", db],
                capture_output=True,
                text=True,
                timeout=60,
            )
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert "fix:" in done.stderr and "writ" in done.stderr


def test_a_database_that_is_deleted_while_serving_is_not_ready(tmp_path, model):
    path = tmp_path / "desk.db"
    with serving(f"sqlite:///{path}", model) as client:
        assert client.ready()
        path.unlink()
        answer = client.http.get("/readyz")
        assert answer.status_code == 503
        assert "is gone" in answer.json()["database"]


class TestPoolExhausted:
    def test_everybody_is_answered_in_time_and_it_recovers(self, postgres_database, model):
        """Somebody holds the table: every connection ends up waiting for it."""
        admin = create_engine(postgres_database)
        with serving(postgres_database, model) as client, ThreadPoolExecutor(60) as pool:
            assert client.post("before").status_code == 200
            with admin.connect() as holding, holding.begin():
                holding.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
                began = time.monotonic()
                asked = [pool.submit(client.post, f"held-{n}") for n in range(60)]
                answers = [one.result() for one in asked]
                took = time.monotonic() - began
                # The event loop is free all the while.
                assert client.http.get("/healthz").status_code == 200
            assert took < 15, "nobody is left hanging"
            assert {one.status_code for one in answers} <= {200, 202, 503}
            refused = [one for one in answers if one.status_code == 503]
            assert refused
            problem(refused[0])
            for n in range(60):
                client.until(lambda n=n: client.post(f"held-{n}"))
        admin.dispose()
        assert len(nothing_twice(postgres_database)) == 61


class TestConnectionsLost:
    def test_cut_at_random_under_load_nothing_is_lost_or_decided_twice(
        self, postgres_database, model
    ):
        given = make_url(postgres_database)
        proxy = Proxy((given.host, given.port or 5432))
        through = given.set(port=proxy.port).render_as_string(hide_password=False)
        over = threading.Event()

        def cut():
            while not over.wait(0.4):
                proxy.cut()

        with serving(through, model) as client:
            cutter = threading.Thread(target=cut)
            cutter.start()
            try:
                with ThreadPoolExecutor(8) as pool:
                    texts = (TEXT, "zzz qqq xxx vvv")  # the second waits for a person
                    asked = [
                        pool.submit(client.until, lambda n=n: client.post(f"cut-{n}", texts[n % 2]))
                        for n in range(80)
                    ]
                    answers = [one.result() for one in asked]
            finally:
                over.set()
                cutter.join()
            assert proxy.cuts > 5
            client.until(lambda: client.http.get("/readyz"))
            # Some were only accepted when their time was up; what is owed is done by itself.
            ends = time.monotonic() + 60
            while time.monotonic() < ends:
                waiting = client.http.get("/v1/approvals?limit=500").json()["approvals"]
                if len(waiting) == 40:
                    break
                time.sleep(0.3)
            assert len(waiting) == 40 <= sum(one.status_code == 202 for one in answers)
            for one in waiting[:10]:
                said = {
                    "decision": "edit",
                    "team": one["alternatives"][0]["option"],
                    "actor": "ann",
                }
                answer = client.http.post(f"/v1/approvals/{one['id']}", json=said)
                assert answer.status_code == 200, answer.text
        proxy.close()
        decided = nothing_twice(postgres_database)
        assert len(decided) == 40 + 10

    def test_a_database_that_is_away_is_told_and_waited_for(self, postgres_database, model):
        given = make_url(postgres_database)
        proxy = Proxy((given.host, given.port or 5432))
        through = given.set(port=proxy.port).render_as_string(hide_password=False)
        with serving(through, model) as client:
            assert client.post("before").status_code == 200
            proxy.refusing = True
            proxy.cut()
            answer = client.post("during")
            problem(answer)
            assert not client.ready()
            proxy.refusing = False
            client.until(lambda: client.post("during"))
            client.until(lambda: client.http.get("/readyz"))
        proxy.close()
        assert nothing_twice(postgres_database) == {"before", "during"}
