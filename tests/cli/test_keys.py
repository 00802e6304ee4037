"""``signalbox keys``, and what it does to a server that runs."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import pytest

from evals.server import running_server
from signalbox.ledger.store import open_ledger


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    return request.getfixturevalue("postgres_database")


def keys(*arguments, db, check=True):
    done = subprocess.run(
        [sys.executable, "-m", "signalbox", "keys", *arguments, "--db", db, "--json"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is check, done.stderr
    return json.loads(done.stdout) if check else done


def test_a_server_asks_for_keys_once_there_are_some(db):
    with running_server(["--db", db]) as server:
        url = f"{server.url}/v1/decisions"

        def status(key=None):
            headers = {"authorization": f"Bearer {key['key']}"} if key else {}
            return httpx.get(url, headers=headers).status_code

        def soon(wanted, key=None):
            # A server remembers for a second what it found.
            for _ in range(30):
                if (found := status(key)) == wanted:
                    return
                import time

                time.sleep(0.1)
            raise AssertionError(f"{found} and not {wanted}")

        assert status() == 200
        first = keys("create", "--role", "admin", "--name", "ann", db=db)
        soon(401)
        assert status(first) == 200
        second = keys("rotate", first["id"], "--overlap-hours", "0", db=db)
        soon(401, first)
        assert status(second) == 200
        keys("revoke", second["id"], db=db)
        soon(401, second)
        listed = keys("list", db=db)["keys"]
        assert [one["valid"] for one in listed] == [False, False]
        secrets = {one["key"].split("_", 2)[2] for one in (first, second)}
        text = json.dumps(listed)
        assert not [secret for secret in secrets if secret in text]


def test_a_secret_is_nowhere_in_the_database(tmp_path):
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    made = keys("create", "--role", "viewer", "--name", "ann", db=db)
    open_ledger(db).close()
    secret = made["key"].split("_", 2)[2].encode()
    assert len(secret) == 43
    for file in tmp_path.iterdir():
        assert secret not in file.read_bytes()


def test_slips_name_the_fix(tmp_path):
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    assert "system:" in keys("create", "--role", "viewer", "--name", "system:x", db=db,
                             check=False).stderr  # fmt: skip
    assert "--tenant" in keys("create", "--role", "viewer", "--tenant", "a b", db=db,
                              check=False).stderr  # fmt: skip
    assert "there is no database" in keys("revoke", "nothing", db=db, check=False).stderr
    keys("create", "--role", "admin", db=db)
    assert "keys list" in keys("revoke", "nothing", db=db, check=False).stderr
    assert "keys list" in keys("rotate", "nothing", db=db, check=False).stderr


def test_other_addresses_take_a_key_first(tmp_path):
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    refused = subprocess.run(
        [
            sys.executable,
            "-m",
            "signalbox",
            "serve",
            "--host",
            "0.0.0.0",
            "--port",
            "0",
            "--db",
            db,
        ],
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 2
    assert "keys create" in refused.stderr
    made = keys("create", "--role", "admin", "--name", "ann", db=db)
    with running_server(["--host", "0.0.0.0", "--db", db]) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/v1/decisions").status_code == 401
        headers = {"authorization": f"Bearer {made['key']}"}
        assert httpx.get(f"{url}/v1/decisions", headers=headers).status_code == 200
