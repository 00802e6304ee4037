"""A server and a worker behind PgBouncer, which lends a session for one transaction at a time."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from evals.benchmarks.chaos.cluster import free_ports, make_cluster
from signalbox.ledger.locks import Lock, alone
from tests.chaos.serving import TEXT, UNKNOWN, Client, nothing_twice
from tests.chaos.test_connections import decided
from tests.deploy.test_proxy import up

CONFIG = """
[databases]
* = host={host} port={port} user={user} {password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 300
"""


@pytest.fixture
def pooled(program, postgres_database, tmp_path):
    """The URL of an empty database through PgBouncer in transaction mode."""
    pgbouncer = program("pgbouncer")
    given = make_url(postgres_database)
    (listen,) = free_ports(1)
    file = tmp_path / "pgbouncer.ini"
    file.write_text(
        CONFIG.format(
            host=given.host,
            port=given.port or 5432,
            user=given.username,
            password=f"password={given.password}" if given.password else "",
            listen=listen,
        )
    )
    # It refuses to run as root.
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    config = os.open(file, os.O_RDONLY)
    os.set_inheritable(config, True)
    with (tmp_path / "pgbouncer.log").open("wb") as log:
        running = subprocess.Popen(
            [pgbouncer, f"/dev/fd/{config}"],
            stdout=log,
            stderr=log,
            pass_fds=(config,),
            **user,
        )
    os.close(config)
    url = given.set(host="127.0.0.1", port=listen, password=None)
    try:
        yield _answering(url.update_query_dict({"prepare_threshold": "none"}))
    finally:
        running.terminate()
        running.wait(timeout=20)


def _answering(url):
    rest = url.difference_update_query(["prepare_threshold"])
    plain = rest.set(drivername="postgresql").render_as_string(hide_password=False)
    ends = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(plain, connect_timeout=3).close()
            return url.render_as_string(hide_password=False)
        except psycopg.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


class TestTheLockOfABlock:
    def test_one_at_a_time_and_given_back(self, pooled):
        """Sessions change hands between statements: the lock has to stay, and to go."""
        inside, most, count = 0, 0, 12

        def work(_):
            nonlocal inside, most
            with alone(pooled, Lock.OTHER_TABLES):
                inside += 1
                most = max(most, inside)
                time.sleep(0.02)
                inside -= 1

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(count)))
        assert most == 1

    def test_none_is_left_behind(self, pooled, postgres_database):
        with alone(pooled, Lock.OTHER_TABLES):
            assert held(postgres_database) == [Lock.OTHER_TABLES.value]
        assert held(postgres_database) == []


def held(database):
    """The numbers of ours that are locked now, asked for past the pooler."""
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT ((classid::bigint << 32) | objid::bigint) FROM pg_locks"
                " WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database"
                " WHERE datname = current_database())"
            )
        )
        found = [row[0] for row in rows]
    engine.dispose()
    return [one for one in found if one in {lock.value for lock in Lock}]


def post(client, number):
    return lambda: client.post(f"pooled-{number}", (TEXT, UNKNOWN)[number % 2])


@pytest.mark.slow
def test_a_server_and_a_worker_decide_wait_and_carry_out(
    pooled, postgres_database, model, tmp_path
):
    cluster = make_cluster(tmp_path, pooled, model, 1, 1, {"SIGNALBOX_LOG_LEVEL": "warning"})
    for one in cluster.members:
        # Without a team that takes what is hard, so that it waits for a person.
        del one.arguments[one.arguments.index("--fallback-team") :]
    cluster.start()
    try:
        (url,) = cluster.urls
        up(url)
        client = Client(url)
        # As a client is told to: a machine that is busy says 503, and means "in a moment".
        with ThreadPoolExecutor(16) as pool:
            sent = list(pool.map(lambda n: client.until(post(client, n), 60), range(200)))
        waits = [one.json() for one in sent if one.json().get("approval_id")]
        assert len(waits) > 50
        for one in waits[:20]:
            team = one["alternatives"][0]["option"]
            said = {"decision": "edit", "team": team, "actor": "ann"}
            path = f"/v1/approvals/{one['approval_id']}"
            answer = client.post_json(path, said)
            if answer.status_code != 200:
                # Whether it was taken before its time was up, the second try finds out.
                answer = client.post_json(path, said)
            assert answer.status_code in (200, 409), answer.text
            task = client.until(lambda one=one: decided(client, one["task_id"]), 60).json()
            assert task["team"] == team
    finally:
        cluster.stop()
    assert len(nothing_twice(postgres_database)) >= 100 + 20
    logs = "".join(one.log.read_text() for one in cluster.members)
    assert "prepared statement" not in logs
    assert [one.starts for one in cluster.members] == [1, 1]
    assert held(postgres_database) == []
