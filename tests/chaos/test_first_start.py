"""Everything started at once on a database that is empty, as the first `docker compose up` does."""

from __future__ import annotations

import os
import time

import httpx
import pytest
from sqlalchemy import text

from evals.benchmarks.chaos.cluster import last_words, make_cluster
from tests.databases import admin, empty_database

LOCKS = text("SELECT objid, count(*) FROM pg_locks WHERE locktype = 'advisory' GROUP BY objid")
WITHIN_S = 60.0


def is_up(member):
    """Whether a server is ready, or a worker has said that it works."""
    if member.url is None:
        return "works on what is owed" in member.log.read_text()
    try:
        return httpx.get(f"{member.url}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_servers_and_workers_that_start_together_all_come_up(own_server, model, tmp_path):
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with empty_database(own_server) as db:
            cluster = make_cluster(folder, db, model, servers=2, workers=2, env=os.environ)
            cluster.start()
            try:
                ends = time.monotonic() + WITHIN_S
                while not all(map(is_up, cluster.members)) and time.monotonic() < ends:
                    time.sleep(0.1)
                down = [one.name for one in cluster.members if not is_up(one)]
                with admin(db).connect() as connection:
                    held = [tuple(row) for row in connection.execute(LOCKS)]
                assert not down, f"advisory locks {held}; {last_words(cluster)}"
                assert [one.starts for one in cluster.members] == [1, 1, 1, 1], last_words(cluster)
            finally:
                cluster.stop()
