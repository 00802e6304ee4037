"""Webhooks over HTTP."""

from __future__ import annotations

import time

import pytest

from signalbox.delivery.signing import verify
from tests.delivery.receiver import receiving


def until(found, seconds=30.0):
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.02)
    return value


def test_a_decision_reaches_the_endpoint_by_itself(client):
    with receiving() as receiver:
        made = client.post("/v1/webhooks", json={"url": receiver.url, "types": ["decision.*"]})
        assert made.status_code == 201
        secret, id = made.json()["secret"], made.json()["webhook"]["id"]
        asked = {"text": "network is down", "attributes": {"priority": "low"}}
        task = client.post("/v1/tasks", json=asked).json()
        until(lambda: receiver.got)
        (event,) = receiver.events
        headers, body = receiver.got[0]
        verify(secret, headers, body, time.time())
        assert (event["subject"], event["data"]["id"]) == (task["task_id"], task["decision_id"])
        path = f"/v1/webhooks/{id}/deliveries"
        until(lambda: client.get(path, params={"state": "delivered"}).json()["deliveries"])
        assert client.get(path, params={"state": "dead"}).json() == {
            "deliveries": [],
            "next": None,
        }
        (listed,) = client.get("/v1/webhooks").json()["webhooks"]
        assert listed == client.get(f"/v1/webhooks/{id}").json()
        assert "secret" not in str(listed)
        gone = client.delete(f"/v1/webhooks/{id}")
        assert gone.status_code == 200
        assert client.get(f"/v1/webhooks/{id}").status_code == 404
        assert client.get(path).status_code == 404


def test_the_dead_are_seen_and_sent_again(client):
    with receiving() as receiver:
        receiver.behave = lambda event: 410
        made = client.post("/v1/webhooks", json={"url": receiver.url}).json()
        id = made["webhook"]["id"]
        path = f"/v1/webhooks/{id}/deliveries"
        dead = until(lambda: client.get(path, params={"state": "dead"}).json()["deliveries"])
        assert dead[0]["type"] == "webhook.added"
        assert client.get(f"/v1/webhooks/{id}").json()["state"] == "disabled"
        receiver.behave = lambda event: 200
        told = client.post(f"/v1/webhooks/{id}/replay", json={"events": [dead[0]["event_id"]]})
        assert told.json() == {"replayed": 1}
        until(lambda: len(receiver.got) >= 2)
        rotated = client.post(f"/v1/webhooks/{id}/rotate", json={}).json()
        assert rotated["secret"] != made["secret"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://10.0.0.1/"},
        {"url": "http://example.com/"},
        {"url": "https://a:b@example.com/"},
        {"url": "ftp://example.com/"},
        {"url": "https://example.com/", "types": ["Decision"]},
        {"url": "https://example.com/", "types": []},
        {"url": "https://example.com/", "secret": "x"},
        {},
    ],
)
def test_what_cannot_be_delivered_to_is_refused(client, body):
    answer = client.post("/v1/webhooks", json=body)
    assert answer.status_code == 422
    assert answer.json()["hint"]


def test_pages_of_deliveries(client):
    with receiving() as receiver:
        made = client.post("/v1/webhooks", json={"url": receiver.url}).json()
        path = f"/v1/webhooks/{made['webhook']['id']}/deliveries"
        for number in range(3):
            client.post("/v1/tasks", json={"id": f"t-{number}", "text": "network is down"})
        until(lambda: len(client.get(path).json()["deliveries"]) >= 3)
        first = client.get(path, params={"limit": 2}).json()
        rest = client.get(path, params={"limit": 2, "after": first["next"]}).json()
        assert first["deliveries"][-1]["event_id"] < rest["deliveries"][0]["event_id"]


def test_too_many(client, monkeypatch):
    monkeypatch.setattr("signalbox.ledger.webhooks.MOST", 1)
    assert client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/"}).status_code == 201
    assert client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/"}).status_code == 409
