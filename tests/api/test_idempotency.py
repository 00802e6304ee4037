def post(client, key, body, path="/v1/tasks"):
    return client.post(path, json=body, headers={"Idempotency-Key": key})


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


def test_a_refusal_is_replayed_too(client):
    first = post(client, "k1", {"text": ""})
    again = post(client, "k1", {"text": ""})
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.json() == first.json()


def test_a_lost_answer_does_not_make_a_second_task(client):
    first = post(client, "k1", {"text": "network"})
    engine = client.app.state.engine
    # As if the process had died after the commit and before the answer was remembered.
    engine.ledger.release_key("default", "k1")
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
