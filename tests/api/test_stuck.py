"""What was accepted and is not under way anywhere is decided without a restart."""

import time
from datetime import timedelta

import pytest

from signalbox.domain.base import utc_now
from signalbox.domain.task import Task


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr("signalbox.app.STUCK_CHECK_S", 0.1)


def accept(client, id, ago_s):
    """A task that is in the ledger, and that no job and no process has in hand."""
    received = utc_now() - timedelta(seconds=ago_s)
    client.app.state.engine.ledger.accept(Task(id=id, text="network", received_at=received))


def test_it_is_decided_after_a_while(client):
    accept(client, "old", 91)
    accept(client, "new", 20)
    ends = time.monotonic() + 20
    while client.get("/v1/tasks/old").json()["team"] is None:
        assert time.monotonic() < ends
        time.sleep(0.05)
    # One that may be under way is left alone.
    assert client.get("/v1/tasks/new").json()["status"] == "pending"


def test_one_that_a_clock_which_was_set_back_shows_in_the_future_is_decided(client):
    accept(client, "ahead", -3600)
    ends = time.monotonic() + 20
    while client.get("/v1/tasks/ahead").json()["team"] is None:
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_halt_keeps_it(client):
    change = {"switch": "halted", "actor": "ann", "reason": "a test"}
    assert client.post("/v1/autonomy", json=change).status_code == 200
    accept(client, "old", 91)
    time.sleep(0.5)
    assert client.get("/v1/tasks/old").json()["team"] is None
