"""A clock that jumps an hour, under real processes (libfaketime; skipped where it is not there).

Only the time of day jumps: monotonic clocks, by which patience is measured, never do.
"""

from __future__ import annotations

import contextlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.benchmarks.posting import demo_model
from evals.server import running_server
from tests.chaos.test_weather import TEXT, Client, nothing_twice

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed")
HOUR = 3600


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return demo_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    return request.getfixturevalue("postgres_database")


class Clock:
    """The time of day of the processes that are started with ``env``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.jump(0)
        self.env = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds: int) -> None:
        self._path.write_text(f"{seconds:+d}")


@contextlib.contextmanager
def serving(db, model, clock, **settings):
    env = {**clock.env, **{f"SIGNALBOX_{name}": value for name, value in settings.items()}}
    with running_server(["--db", db, "--model", str(model)], env=env) as server:
        yield Client(server.url)


def waits(client, id):
    answer = client.post(id, "zzz qqq xxx")
    assert answer.status_code == 202, answer.text
    for _ in range(100):
        # On a loaded machine it was perhaps only accepted when its time was up.
        if found := client.task(id)["approval_id"]:
            return found
        time.sleep(0.1)
    raise AssertionError("nobody is asked")


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_deciding_and_answering_go_on(db, model, tmp_path, jump):
    clock = Clock(tmp_path / "clock")
    with serving(db, model, clock) as client:
        asked = [waits(client, f"early-{n}") for n in range(3)]
        assert client.post("before").status_code == 200
        clock.jump(jump)
        assert client.post("before").json() | {"elapsed_ms": 0} == client.task("before") | {
            "elapsed_ms": 0
        }, "sent again it is the same decision"
        assert client.post("after").status_code == 200
        asked += [waits(client, f"late-{n}") for n in range(3)]
        for id in asked:
            said = {"decision": "reject", "actor": "ann"}
            assert client.http.post(f"/v1/approvals/{id}", json=said).status_code == 200
        stored = client.http.get("/v1/decisions").json()["decisions"]
        moved = datetime.fromisoformat(
            next(one for one in stored if one["subject"] == "after")["decided_at"]
        )
        assert abs((moved - datetime.now(UTC)).total_seconds() - jump) < 120, "the clock did jump"
        assert client.ready()
    assert len(nothing_twice(db)) == 8


def test_nothing_expires_early_by_more_than_the_jump(db, model, tmp_path):
    clock = Clock(tmp_path / "clock")
    with serving(db, model, clock, APPROVAL_HOURS="2") as client:
        id = waits(client, "asked")
        clock.jump(HOUR)
        assert client.http.get(f"/v1/approvals/{id}").json()["state"] == "waiting"
        clock.jump(2 * HOUR + 60)
        answer = client.http.get(f"/v1/approvals/{id}").json()
        assert answer["state"] != "waiting", "two hours are over by this clock"
        clock.jump(0)
        time.sleep(0.5)
        assert client.task("asked")["status"] == "denied", "what was denied stays denied"
    assert nothing_twice(db) == {"asked"}


def test_what_waits_is_not_forgotten_when_the_clock_goes_back(db, model, tmp_path):
    clock = Clock(tmp_path / "clock")
    with serving(db, model, clock, APPROVAL_HOURS="0.5") as client:
        clock.jump(HOUR)
        id = waits(client, "asked")  # until half an hour from then
        clock.jump(0)
        assert client.http.get(f"/v1/approvals/{id}").json()["state"] == "waiting"
        clock.jump(2 * HOUR)
        assert client.http.get(f"/v1/approvals/{id}").json()["state"] != "waiting"


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_nobody_is_declared_dead_and_a_repeat_still_is_one(db, model, tmp_path, jump):
    clock = Clock(tmp_path / "clock")
    with serving(db, model, clock) as client, serving(db, model, clock) as other:
        headers = {"idempotency-key": "k-1"}
        first = client.http.post("/v1/tasks", json={"text": TEXT}, headers=headers)
        clock.jump(jump)
        time.sleep(6.5)
        for one in (client, other):
            runtime = one.http.get("/readyz").json()["runtime"]
            assert (runtime["taken_over"], runtime["given_up"]) == (0, 0)
        again = other.http.post("/v1/tasks", json={"text": TEXT}, headers=headers)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json()["task_id"] == first.json()["task_id"]
    assert len(nothing_twice(db)) == 1
    assert os.environ.get("LD_PRELOAD") is None
