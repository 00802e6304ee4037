import time

import pytest
from sqlalchemy import text

from api.routes import tasks
from signalbox.domain.errors import Unavailable


def post(client, key, body, path="/v1/tasks"):
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def lose_answer(client, key):
    """As if the process had died after the commit and before the answer was remembered."""
    ledger = client.app.state.engine.ledger
    with ledger._database.write() as connection:
        connection.execute(text("UPDATE idempotency SET status = NULL"))
    ledger.release_key("default", key)


def test_the_same_key_gets_the_same_answer_and_one_decision(client, predictor):
    first = post(client, "k1", {"text": "network"})
    again = post(client, "k1", {"text": "network"})
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert predictor.asked == 1
    assert len(client.get("/v1/decisions").json()["decisions"]) == 1


def test_the_same_key_for_another_body_is_a_conflict(client):
    post(client, "k1", {"text": "network"})
    answer = post(client, "k1", {"text": "payroll"})
    assert answer.status_code == 409
    assert answer.json()["hint"]


def test_a_refusal_does_not_spend_the_key(client):
    first = post(client, "k1", {"text": ""})
    again = post(client, "k1", {"text": "network"})
    assert (first.status_code, again.status_code) == (422, 200)
    assert "idempotency-replayed" not in again.headers
    assert post(client, "k1", {"text": "network"}).headers["idempotency-replayed"] == "true"


def test_an_empty_key_is_refused(client, predictor):
    answer = post(client, "", {"text": "network"})
    assert answer.status_code == 400
    assert "1 to 200 printable characters" in answer.json()["detail"]
    assert predictor.asked == 0


def test_a_lost_answer_does_not_make_a_second_task(client):
    first = post(client, "k1", {"text": "network"})
    lose_answer(client, "k1")
    again = post(client, "k1", {"text": "network"})
    assert again.json()["decision_id"] == first.json()["decision_id"]


def test_an_approval_is_answered_once_under_one_key(client):
    posted = client.post("/v1/tasks", json={"text": "odd"}).json()
    path = f"/v1/approvals/{posted['approval_id']}"
    body = {"decision": "approve", "actor": "bob"}
    first, again = post(client, "a1", body, path), post(client, "a1", body, path)
    assert first.status_code == again.status_code == 200
    assert client.post(path, json=body).status_code == 409


def test_a_key_that_is_no_key_is_refused(client):
    answer = post(client, "k" * 201, {"text": "network"})
    assert answer.status_code == 400
    assert answer.json()["title"] == "bad key"


def test_a_lost_answer_to_a_batch_does_not_make_second_tasks(client, predictor):
    body = {"tasks": [{"text": "network"}, {"text": "payroll"}, {"id": "own", "text": "security"}]}
    first = post(client, "k1", body, "/v1/tasks/batch").json()["results"]
    lose_answer(client, "k1")
    again = post(client, "k1", body, "/v1/tasks/batch").json()["results"]
    assert [one["decision_id"] for one in again] == [one["decision_id"] for one in first]
    assert len(client.get("/v1/decisions").json()["decisions"]) == predictor.asked == 3


@pytest.mark.parametrize(
    ("method", "body", "first"),
    [("settle_key", {"text": "network"}, 200), ("release_key", {"text": ""}, 422)],
)
def test_a_key_that_cannot_be_settled_now_is_settled_later(
    client, monkeypatch, method, body, first
):
    """The database goes away after the work is done: its answer is given all the same."""
    ledger = client.app.state.engine.ledger
    real, left = getattr(ledger, method), [3]

    def failing(*given):
        if left[0]:
            left[0] -= 1
            raise Unavailable("away")
        return real(*given)

    monkeypatch.setattr(ledger, method, failing)
    assert post(client, "k1", body).status_code == first
    ends = time.monotonic() + 20
    while post(client, "k1", {"text": "network"}).status_code != 200:
        assert time.monotonic() < ends, "the key is still taken"
        time.sleep(0.1)


def test_a_batch_of_which_a_part_could_not_be_taken_may_be_sent_again(client, monkeypatch):
    batch = {"tasks": [{"id": "t1", "text": "network"}, {"id": "t2", "text": "payroll"}]}
    submit = tasks._submit

    async def full(engine, given, task):
        if task.id == "t2":
            raise Unavailable("no room left", hint="make room")
        return await submit(engine, given, task)

    monkeypatch.setattr(tasks, "_submit", full)
    first = post(client, "k1", batch, "/v1/tasks/batch")
    assert [one.get("status") for one in first.json()["results"]] == ["decided", 503]
    monkeypatch.setattr(tasks, "_submit", submit)
    again = post(client, "k1", batch, "/v1/tasks/batch")
    assert "idempotency-replayed" not in again.headers
    assert [one["task_id"] for one in again.json()["results"]] == ["t1", "t2"]
    assert client.get("/v1/tasks/t2").status_code == 200
    replayed = post(client, "k1", batch, "/v1/tasks/batch")
    assert replayed.headers["idempotency-replayed"] == "true"
