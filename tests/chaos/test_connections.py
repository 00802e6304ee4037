"""Connections that are all in use, cut, or refused: said, survived, got over."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, make_url, text

from tests.chaos.proxy import Proxy
from tests.chaos.serving import TEXT, UNKNOWN, nothing_twice, problem, serving


def waiting(client, number):
    """The list of approvals; a success when ``number`` of them wait."""
    answer = client.http.get("/v1/approvals?limit=500")
    if answer.status_code == 200 and len(answer.json()["approvals"]) != number:
        answer.status_code = 404
    return answer


def decided(client, id):
    """The task; a success when it is decided."""
    answer = client.http.get(f"/v1/tasks/{id}")
    if answer.status_code == 200 and answer.json()["team"] is None:
        answer.status_code = 404
    return answer


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


@contextlib.contextmanager
def through_a_proxy(db):
    given = make_url(db)
    proxy = Proxy((given.host, given.port or 5432))
    try:
        yield proxy, given.set(port=proxy.port).render_as_string(hide_password=False)
    finally:
        proxy.close()


class TestConnectionsLost:
    def test_cut_at_random_under_load_nothing_is_lost_or_decided_twice(
        self, postgres_database, model
    ):
        over = threading.Event()

        def cut():
            while not over.wait(random.uniform(0.2, 1.2)):
                proxy.cut()

        with (
            through_a_proxy(postgres_database) as (proxy, through),
            serving(through, model) as client,
        ):
            cutter = threading.Thread(target=cut)
            cutter.start()
            try:
                with ThreadPoolExecutor(8) as pool:
                    texts = (TEXT, UNKNOWN)
                    asked = [
                        pool.submit(
                            client.until, lambda n=n: client.post(f"cut-{n}", texts[n % 2]), 60
                        )
                        for n in range(80)
                    ]
                    answers = [one.result() for one in asked]
            finally:
                over.set()
                cutter.join()
            assert proxy.cuts > 5
            client.until(lambda: client.http.get("/readyz"))
            # Some were only accepted when their time was up; what is owed is done by itself.
            client.until(lambda: waiting(client, 40), 60)
            for n in range(0, 80, 2):
                client.until(lambda n=n: decided(client, f"cut-{n}"), 60)
            assert sum(one.status_code == 202 for one in answers) >= 40
            waits = client.http.get("/v1/approvals?limit=500").json()["approvals"]
            for one in waits[:10]:
                said = {
                    "decision": "edit",
                    "team": one["alternatives"][0]["option"],
                    "actor": "ann",
                }
                answer = client.http.post(f"/v1/approvals/{one['id']}", json=said)
                assert answer.status_code == 200, answer.text
        assert len(nothing_twice(postgres_database)) == 40 + 10

    def test_a_database_that_is_away_is_told_and_waited_for(self, postgres_database, model):
        with (
            through_a_proxy(postgres_database) as (proxy, through),
            serving(through, model) as client,
        ):
            assert client.post("before").status_code == 200
            proxy.refusing = True
            proxy.cut()
            answer = client.post("during")
            problem(answer)
            assert not client.ready()
            proxy.refusing = False
            client.until(lambda: client.post("during"))
            client.until(lambda: client.http.get("/readyz"))
        assert nothing_twice(postgres_database) == {"before", "during"}

    def test_a_commit_whose_answer_is_lost_counts_once(self, postgres_database, model):
        """The worst moment: it is done, and whoever asked for it cannot know."""
        with (
            through_a_proxy(postgres_database) as (proxy, through),
            serving(through, model) as client,
        ):
            first = client.post("first", UNKNOWN).json()
            for n in range(20):
                proxy.lose_answers = 1
                headers = {"Idempotency-Key": f"key-{n}"}
                sent = {"id": f"lost-{n}", "text": (TEXT, UNKNOWN)[n % 2]}
                client.until(lambda s=sent, h=headers: client.post_json("/v1/tasks", s, h))
            proxy.lose_answers = 2
            said = {"decision": "edit", "team": first["alternatives"][0]["option"], "actor": "ann"}
            path = f"/v1/approvals/{first['approval_id']}"
            answer = client.post_json(path, said)
            if answer.status_code == 503:
                client.until(lambda: client.http.get("/readyz"))
                answer = client.post_json(path, said)
            # A second try finds its own answer, or is told that there is one already.
            assert answer.status_code in (200, 409), answer.text
            assert client.until(lambda: decided(client, "first")).json()["team"] == said["team"]
            client.until(lambda: waiting(client, 10))
            assert proxy.lost >= 15
        assert nothing_twice(postgres_database) == {
            "first",
            *(f"lost-{n}" for n in range(0, 20, 2)),
        }

    def test_sessions_that_an_administrator_ends(self, postgres_database, model):
        admin = create_engine(postgres_database, isolation_level="AUTOCOMMIT")
        end = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with serving(postgres_database, model) as client, ThreadPoolExecutor(8) as pool:
            for turn in range(4):
                asked = [
                    pool.submit(
                        client.until,
                        lambda n=n, t=turn: client.post(f"end-{t}-{n}", (TEXT, UNKNOWN)[n % 2]),
                    )
                    for n in range(16)
                ]
                with admin.connect() as connection:
                    assert connection.scalar(end) > 3
                for one in asked:
                    one.result()
            client.until(lambda: client.http.get("/readyz"))
            client.until(lambda: waiting(client, 32))
        admin.dispose()
        assert len(nothing_twice(postgres_database)) == 32
