"""Erasure over HTTP: what goes, what stays, and who may ask for it."""

from __future__ import annotations

SECRET = "zebra4711"
WHY = {"reason": "asked to be forgotten", "actor": "dpo"}


def test_the_texts_go_and_the_decision_stays(client, tmp_path):
    body = {"id": "T-1", "text": f"network {SECRET}", "attributes": {"priority": "low"}}
    headers = {"idempotency-key": "k-1"}
    first = client.post("/v1/tasks", json=body, headers=headers).json()
    erased = client.delete("/v1/tasks/T-1", params=WHY)
    assert (erased.status_code, erased.json()["new"]) == (200, True)
    decision = client.get(f"/v1/decisions/{first['decision_id']}").json()
    assert decision["option"] == "network" and decision["reason"] == "[erased]"
    assert SECRET not in client.get("/v1/tasks/T-1").text
    again = client.post("/v1/tasks", json=body, headers=headers)
    assert again.status_code == 409
    assert "erased" in again.json()["detail"] and "new id" in again.json()["hint"]
    files = [path for path in tmp_path.iterdir() if path.name.startswith("desk")]
    assert not any(SECRET.encode() in path.read_bytes() for path in files if path.is_file())


def test_once_more_is_the_same_answer(client):
    client.post("/v1/tasks", json={"id": "T-1", "text": "network"})
    first = client.delete("/v1/tasks/T-1", params=WHY).json()
    again = client.delete("/v1/tasks/T-1", params=WHY).json()
    assert again == first | {"new": False}


def test_what_waits_is_answered_first(client):
    waits = client.post("/v1/tasks", json={"id": "T-1", "text": "nobody"}).json()
    refused = client.delete("/v1/tasks/T-1", params=WHY)
    assert refused.status_code == 409 and waits["approval_id"] in refused.json()["detail"]
    client.post(
        f"/v1/approvals/{waits['approval_id']}", json={"decision": "reject", "actor": "ben"}
    )
    assert client.delete("/v1/tasks/T-1", params=WHY).status_code == 200


def test_what_it_takes(client):
    client.post("/v1/tasks", json={"id": "T-1", "text": "network"})
    assert client.delete("/v1/tasks/T-1", params={"actor": "dpo"}).status_code == 422
    assert client.delete("/v1/tasks/T-1", params={"reason": "x"}).status_code == 422
    assert client.delete("/v1/tasks/T-1", params=WHY | {"reason": ""}).status_code == 422
    assert client.delete("/v1/tasks/T-2", params=WHY).status_code == 404
