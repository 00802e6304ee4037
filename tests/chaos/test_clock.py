"""A wall clock that jumps an hour ahead or back under a running server."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.serving import TEXT, UNKNOWN, nothing_twice, serving

HOUR = 3600


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """A library that shifts the wall clock of the process it is loaded into."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and a C compiler to shift the clock of one process")
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


class Clock:
    """The clock of whoever is started with ``env``."""

    def __init__(self, library, path):
        self._path = path
        self.show(0)
        self.env = {"LD_PRELOAD": str(library), "SIGNALBOX_TEST_CLOCK": str(path)}

    def show(self, offset_s):
        """From now on it is ``offset_s`` off."""
        with self._path.open("r+b" if self._path.exists() else "wb") as file:
            file.write(struct.pack("q", offset_s))


@pytest.fixture
def clock(shim, tmp_path):
    return Clock(shim, tmp_path / "offset")


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    return request.getfixturevalue("postgres_database")


def edit(client, approval, actor):
    said = {"decision": "edit", "team": approval["alternatives"][0]["option"], "actor": actor}
    return client.post_json(f"/v1/approvals/{approval['id']}", said)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_one_of_two_servers_jumps_and_back(db, model, clock, jump):
    """Its clock is then also an hour off that of the other one on the same ledger."""
    with (
        serving(db, model, **clock.env) as jumping,
        serving(db, model) as steady,
        ThreadPoolExecutor(8) as pool,
    ):
        sent = {}
        for offset in (0, jump, 0):
            clock.show(offset)
            for n in range(6):
                id, who = f"t{len(sent)}", {"Idempotency-Key": f"key-{len(sent)}"}
                body = {"id": id, "text": (TEXT, UNKNOWN)[n % 2]}
                # To both at once: one of them decides it, both say the same.
                asked = [
                    pool.submit(
                        one.until, lambda one=one, b=body, w=who: one.post_json("/v1/tasks", b, w)
                    )
                    for one in (jumping, steady)
                ]
                answers = [one.result().json() for one in asked]
                assert answers[0].get("decision_id") == answers[1].get("decision_id")
                sent[id] = (body, who, answers[0])
            for body, who, first in sent.values():
                again = jumping.until(lambda b=body, w=who: jumping.post_json("/v1/tasks", b, w))
                assert again.headers["idempotency-replayed"] == "true"
                assert again.json()["task_id"] == first["task_id"]
        waits = steady.http.get("/v1/approvals?limit=100").json()["approvals"]
        assert len(waits) == 9, "none has run out"
        for n, approval in enumerate(waits):
            clock.show((jump, 0)[n % 2])
            both = [
                pool.submit(edit, one, approval, who)
                for one, who in ((jumping, "ann"), (steady, "bob"))
            ]
            assert sorted(one.result().status_code for one in both) == [200, 409]
        for one in (jumping, steady):
            report = one.http.get("/readyz").json()
            assert report["ready"]
            assert report["runtime"]["taken_over"] == 0, "nobody is declared dead over a clock"
    assert nothing_twice(db) == set(sent)
    verified = subprocess.run(
        [sys.executable, "-m", "signalbox", "audit", "verify", "--db", db],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def waiting_task(client, id):
    answer = client.until(lambda: client.post(id, UNKNOWN)).json()
    assert answer["status"] == "waiting"
    return answer


def test_an_approval_lives_as_long_as_its_clock_says_and_ends_once(db, model, clock):
    """Half an hour of life, so an hour ahead ends it, and an hour back gives it an hour more."""
    with serving(db, model, **clock.env, SIGNALBOX_APPROVAL_HOURS="0.5") as client:
        early = waiting_task(client, "early")
        waiting_task(client, "late")
        clock.show(-HOUR)
        assert client.task("early")["status"] == "waiting"
        listed = client.http.get("/v1/approvals").json()["approvals"]
        answered = edit(client, next(one for one in listed if one["task_id"] == "early"), "ann")
        assert answered.status_code == 200, answered.text
        back = waiting_task(client, "back")
        clock.show(0)
        # Made an hour ago by this clock: it has run out, like any other of that age.
        assert client.task("back")["status"] == "denied", client.task("back")
        assert client.task("late")["status"] == "waiting"
        clock.show(HOUR)
        ended = client.task("late")
        assert ended["status"] == "denied"
        clock.show(0)
        assert client.task("late")["decision_id"] == ended["decision_id"]
        assert client.task("early")["status"] != "denied"
        for one in (early, back):
            path = f"/v1/approvals/{one['approval_id']}"
            late = client.post_json(path, {"decision": "approve", "actor": "bob"})
            assert late.status_code == 409
    assert nothing_twice(db) == {"early", "late", "back"}


def test_a_limit_is_refilled_once_and_does_not_let_more_through_on_the_way_back(db, model, clock):
    """What is held by a limit waits for a person, and so not for any clock."""
    with serving(db, model, **clock.env, SIGNALBOX_LIMITS__OPTION_PER_HOUR="3") as client:

        def automatic(offset):
            clock.show(offset)
            answers = [client.post(f"t{len(seen)}-{n}") for n in range(5)]
            seen.extend(answers)
            assert {one.status_code for one in answers} <= {200, 202}
            assert all(one.json()["approval_id"] for one in answers if one.status_code == 202)
            return sum(one.status_code == 200 for one in answers)

        seen = []
        assert [automatic(offset) for offset in (0, HOUR, 0, -HOUR, HOUR)] == [3, 3, 0, 0, 0]
        clock.show(2 * HOUR)
        assert client.post("later").status_code == 200
