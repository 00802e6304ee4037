"""Connections that are all in use, cut, or refused: said, survived, got over."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, make_url, text

from tests.chaos.proxy import Proxy
from tests.chaos.serving import TEXT, UNKNOWN, nothing_twice, problem, serving


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
                    texts = (TEXT, UNKNOWN)
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
            ends = time.monotonic() + 30
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
