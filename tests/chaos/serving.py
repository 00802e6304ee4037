"""A real server in a process of its own, a client that does as clients are told, and the books."""

from __future__ import annotations

import contextlib
import time

import httpx
from sqlalchemy import text

from evals.server import running_server
from signalbox.ledger.store import open_ledger

TEXT = "The VPN drops every few minutes"
UNKNOWN = "zzz qqq xxx vvv"  # Nothing in it was ever seen: it waits for a person.


class Client:
    def __init__(self, url):
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30)

    def post(self, id, text=TEXT):
        return self.http.post("/v1/tasks", json={"id": id, "text": text})

    def post_json(self, path, body, headers=None):
        return self.http.post(path, json=body, headers=headers)

    def task(self, id):
        return self.http.get(f"/v1/tasks/{id}").json()

    def until(self, what, within_s=20.0):
        """Ask again until ``what`` is a success, and return that. As a client is told to."""
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
    assert answer.headers["retry-after"] == "1"
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
