import pytest

from tests.api.test_tasks import problem


@pytest.fixture
def sensitive(client_of):
    """A client of an engine in which network is of the top class."""
    return client_of(sensitive_options=("Network",))


def waiting(client, **more):
    client.post("/v1/tasks", json={"id": "t1", "text": "odd", "requester": "ann", **more})
    (shown,) = client.get("/v1/approvals").json()["approvals"]
    return shown, f"/v1/approvals/{shown['id']}"


def test_what_is_needed_and_who_has_voted_is_shown(sensitive):
    shown, url = waiting(sensitive)
    assert (shown["risk"], shown["needed"], shown["votes"]) == ("top", 2, [])
    yes = {"decision": "approve", "digest": shown["digest"]}
    first = sensitive.post(url, json=yes | {"actor": "bob", "message": "looks right"})
    assert first.status_code == 202
    body = first.json()
    assert (body["state"], body["team"], body["approval_id"]) == ("waiting", None, shown["id"])
    assert "bob for 'network'" in body["reason"]
    (vote,) = sensitive.get(url).json()["votes"]
    voted_at = vote.pop("voted_at")
    assert voted_at >= shown["created_at"]
    assert vote == {
        "actor": "bob",
        "on_behalf_of": None,
        "decision": "approve",
        "team": "network",
        "message": "looks right",
    }
    problem(sensitive.post(url, json=yes | {"actor": "\uff22ob"}), 409, "already voted")
    problem(sensitive.post(url, json=yes | {"actor": "ANN"}), 409, "separation of duties")
    last = sensitive.post(url, json=yes | {"actor": "cleo"})
    assert (last.status_code, last.json()["team"]) == (200, "network")
    problem(sensitive.post(url, json=yes | {"actor": "dan"}), 409, "already answered")


def test_the_top_class_is_answered_with_the_digest_that_was_seen(sensitive):
    _, url = waiting(sensitive)
    yes = {"decision": "approve", "actor": "bob"}
    problem(sensitive.post(url, json=yes), 422, "has to name the digest", "send 'digest'")
    problem(sensitive.post(url, json=yes | {"digest": "0" * 64}), 409, "another action")
    assert sensitive.get(url).json()["votes"] == []
    away = sensitive.post(url, json={"decision": "reject", "actor": "bob"})
    assert (away.status_code, away.json()["status"]) == (200, "rejected")


def test_elsewhere_one_person_is_enough_and_the_digest_optional(client):
    shown, url = waiting(client)
    assert (shown["risk"], shown["needed"]) == ("standard", 1)
    problem(client.post(url, json={"decision": "approve", "actor": "bob", "digest": "0" * 64}), 409)
    done = client.post(url, json={"decision": "approve", "actor": "bob"})
    assert (done.status_code, done.json()["team"]) == (200, "network")


def test_an_answer_that_is_not_carried_out_says_why(client, predictor):
    _, url = waiting(client)
    predictor.options = ("payroll", "security")
    done = client.post(url, json={"decision": "approve", "actor": "bob"})
    body = done.json()
    assert (done.status_code, body["status"], body["team"]) == (200, "denied", None)
    assert "'network' is no longer offered" in body["reason"]
    assert body["state"] == "closed"
