from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from signalbox.ledger.tables import approvals


def run_out(client):
    """As if everything that waits had waited too long."""
    with client.app.state.engine.ledger._database.write() as connection:
        connection.execute(update(approvals).values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))


def problem(answer, status, *words):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    for word in words:
        assert word in answer.text
    return body


def test_a_task_is_decided_and_its_decision_can_be_read(client):
    answer = client.post("/v1/tasks", json={"id": "t1", "text": "payroll question"})
    assert answer.status_code == 200
    assert answer.headers["location"] == "/v1/tasks/t1"
    body = answer.json()
    assert (body["state"], body["team"], body["automatic"]) == ("routed", "payroll", True)
    decision = client.get(f"/v1/decisions/{body['decision_id']}").json()
    assert decision["option"] == "payroll"
    assert decision["trace"]["timings_ms"]["predict"] >= 0
    assert decision["trace"]["ranked"][0]["option"] == "payroll"
    assert client.get("/v1/tasks/t1").json()["team"] == "payroll"


def test_an_uncertain_task_answers_202_and_can_be_approved(client):
    answer = client.post("/v1/tasks", json={"id": "t1", "text": "odd"})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["team"]) == ("waiting", None)
    waiting = client.get("/v1/approvals").json()["approvals"]
    assert [one["id"] for one in waiting] == [body["approval_id"]]
    request = waiting[0]["request"]
    assert request["action_requests"][0]["name"] == "route_task"
    assert request["review_configs"][0]["allowed_decisions"] == [
        "approve",
        "edit",
        "reject",
        "respond",
    ]
    draft = client.get(f"/v1/decisions/{body['decision_id']}").json()
    assert draft["status"] == "waiting"
    done = client.post(
        f"/v1/approvals/{body['approval_id']}",
        json={"decision": "edit", "team": "security", "actor": "bob"},
    ).json()
    assert (done["state"], done["team"]) == ("routed", "security")
    assert client.get("/v1/approvals").json()["approvals"] == []


def test_an_answer_to_another_action_does_not_count(client):
    posted = client.post("/v1/tasks", json={"text": "odd"}).json()
    answer = client.post(
        f"/v1/approvals/{posted['approval_id']}",
        json={"decision": "approve", "actor": "bob", "digest": "0" * 64},
    )
    problem(answer, 409, "digest")


def test_an_outcome_comes_back_and_is_judged(client, predictor):
    client.post("/v1/tasks", json={"id": "t1", "text": "payroll"})
    answer = client.post("/v1/tasks/t1/outcome", json={"team": "network"})
    assert answer.json()["correct"] is False
    assert len(predictor.fed) == 1


def test_where_the_settings_ask_for_it_an_outcome_names_its_reporter(client, predictor):
    client.app.state.engine.settings.named_outcomes = True
    client.post("/v1/tasks", json={"id": "t1", "text": "payroll", "requester": "ann"})
    answer = client.post("/v1/tasks/t1/outcome", json={"team": "network"})
    problem(answer, 422, "reporter", "'ann' asked")
    answer = client.post("/v1/tasks/t1/outcome", json={"team": "network", "reporter": "ANN"})
    problem(answer, 409, "separation of duties")
    assert predictor.fed == []
    named = {"team": "network", "reporter": "bob"}
    assert client.post("/v1/tasks/t1/outcome", json=named).status_code == 200


def test_an_outcome_for_an_unknown_team_names_the_nearest(client):
    client.post("/v1/tasks", json={"id": "t1", "text": "payroll"})
    answer = client.post("/v1/tasks/t1/outcome", json={"team": "netwerk"})
    problem(answer, 422, "netwerk", "did you mean 'network'", "new_team")
    assert client.post("/v1/tasks/t1/outcome", json={"team": "x", "new_team": True}).json()["team"]


def test_an_outcome_before_the_decision_is_refused(client):
    client.post("/v1/tasks", json={"id": "t1", "text": "odd"})
    problem(client.post("/v1/tasks/t1/outcome", json={"team": "network"}), 409, "no decision yet")


def test_a_batch_answers_each_task_in_order(client):
    client.post("/v1/tasks", json={"id": "taken", "text": "payroll"})
    answer = client.post(
        "/v1/tasks/batch",
        json={
            "tasks": [
                {"id": "a", "text": "network"},
                {"id": "taken", "text": "other"},
                {"id": "b", "text": "odd"},
            ]
        },
    )
    first, second, third = answer.json()["results"]
    assert first["team"] == "network"
    assert second["status"] == 409
    assert third["state"] == "waiting"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"tasks": []}, 422, ["tasks"]),
        ({"tasks": [{"text": "a"}] * 6}, 413, ["at most 5"]),
        ({"tasks": [{"id": "a", "text": "a"}, {"id": "a", "text": "b"}]}, 422, ["stands twice"]),
        ({"tasks": [{"text": "fine"}, {"text": ""}]}, 422, ["tasks.1"]),
    ],
)
def test_a_bad_batch_is_refused_whole(client, body, status, words):
    problem(client.post("/v1/tasks/batch", json=body), status, *words)
    assert client.get("/v1/decisions").json()["decisions"] == []


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"{not json", 400, ["not JSON", "character"]),
        (b"", 422, ["body"]),
        (b"[]", 422, ["body"]),
        (b'{"text": ""}', 422, ["needs a text, attributes, or both"]),
        (b'{"text": "a\\u0000b"}', 422, ["NUL"]),
        (b'{"text": "a", "colour": "red"}', 422, ["colour"]),
        (b'{"text": 5}', 422, ["text"]),
        (b'{"text": "a", "id": "../etc"}', 422, ["id"]),
        (b'{"text": "\\ud800"}', 422, ["text"]),
        (b'{"text": "a", "attributes": {"x": [1]}}', 422, ["attributes"]),
        (b'{"text": "a", "attributes": {"x": "' + b"y" * 2000 + b'"}}', 422, ["'x'", "1000"]),
        (b'{"text": "' + b"x" * 100_001 + b'"}', 422, ["100000"]),
        (b'{"text": "' + b"x" * 10_000_000 + b'"}', 413, ["SIGNALBOX_MAX_BODY_BYTES"]),
        (b'{"text": "\xff\xfe"}', 400, ["JSON"]),
    ],
)
def test_a_bad_body_gets_a_problem_that_names_the_fix(client, content, status, words):
    answer = client.post("/v1/tasks", content=content, headers={"content-type": "application/json"})
    body = problem(answer, status, *words)
    assert body["hint"]
    assert client.get("/v1/decisions").json()["decisions"] == []


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        ("/v1/tasks", {"text": "a", "facts": {}}, "leave it out"),
        ("/v1/tasks", {"text": "a", "actr": "bob"}, "leave it out"),
        ("/v1/tasks", {"text": "a", "requestor": "bob"}, "did you mean 'requester'?"),
        ("/v1/tasks/batch", {"tasks": [{"txt": "a"}]}, "did you mean 'text'?"),
        ("/v1/tasks/batch", {"tasks": [{"text": "a", "task": 1}]}, "leave it out"),
        (
            "/v1/approvals/apr_1",
            {"decision": "reject", "actor": "b", "mesage": ""},
            "did you mean 'message'?",
        ),
    ],
)
def test_an_unknown_field_hints_at_those_of_its_own_body(client, path, body, hint):
    told = problem(client.post(path, json=body), 422, "unknown field")
    assert told["hint"] == hint


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/v1/tasks/batch", {"tasks": []}, "tasks: holds 0 of at least 1"),
        ("/v1/tasks", {"attributes": {f"a{i}": 1 for i in range(65)}}, "attributes: holds more"),
    ],
)
def test_too_few_and_too_many_are_said_in_plain_words(client, path, body, words):
    assert "validation" not in problem(client.post(path, json=body), 422, words)["detail"]


def test_a_streamed_body_without_a_length_is_limited_too(client):
    answer = client.post("/v1/tasks", content=(b"x" * 100_000 for _ in range(10)))
    problem(answer, 413)


def test_unknown_things_are_not_found(client):
    problem(client.get("/v1/tasks/nope"), 404, "nope")
    problem(client.get("/v1/decisions/nope"), 404)
    problem(client.get("/v1/approvals/nope"), 404)
    problem(client.get("/nowhere"), 404)
    problem(client.put("/v1/tasks"), 405)


def test_decisions_are_paged_newest_first(client):
    for place in range(5):
        client.post("/v1/tasks", json={"id": f"t{place}", "text": "network"})
    first = client.get("/v1/decisions", params={"limit": 2}).json()
    second = client.get("/v1/decisions", params={"limit": 2, "before": first["next"]}).json()
    subjects = [one["subject"] for one in first["decisions"] + second["decisions"]]
    assert subjects == ["t4", "t3", "t2", "t1"]


def test_readiness_says_what_runs_and_what_does_not(client):
    body = client.get("/readyz").json()
    assert body["ready"] is True
    assert body["consult"] == "off: no language model is configured"
    assert body["rules"]["evaluators"] in ("both", "python-only")
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("name", ["  ", "\u200b", "system:expiry", "\uff33ystem:x", " system :x"])
def test_nobody_is_blank_and_nobody_outside_is_the_engine(client, name):
    posted = client.post("/v1/tasks", json={"id": "t1", "text": "odd"}).json()
    path = f"/v1/approvals/{posted['approval_id']}"
    body = problem(client.post(path, json={"decision": "reject", "actor": name}), 422, "actor")
    assert "blank" in body["detail"] or "kept for the engine" in body["detail"]
    asked = client.post("/v1/tasks", json={"text": "odd", "requester": name})
    problem(asked, 422, "requester")
    assert client.get("/v1/tasks/t1").json()["state"] == "waiting"


def test_nothing_past_its_time_is_shown_as_waiting(client):
    posted = client.post("/v1/tasks", json={"id": "t1", "text": "odd"}).json()
    run_out(client)
    assert client.get("/v1/approvals").json()["approvals"] == []
    path = f"/v1/approvals/{posted['approval_id']}"
    assert client.get(path).json()["state"] in ("expired", "settled")
    task = client.get("/v1/tasks/t1").json()
    assert task["status"] in ("denied", "pending")


def test_a_late_answer_is_refused_with_a_hint_that_helps_and_the_task_is_closed(client):
    posted = client.post("/v1/tasks", json={"id": "t1", "text": "odd"}).json()
    run_out(client)
    path = f"/v1/approvals/{posted['approval_id']}"
    answer = client.post(path, json={"decision": "approve", "actor": "bob"})
    problem(answer, 409, "expired at", "under a new id")
    task = client.get("/v1/tasks/t1").json()
    assert (task["state"], task["status"], task["source"]) == ("closed", "denied", "system")
    assert task["automatic"] is False
    decision = client.get(f"/v1/decisions/{posted['decision_id']}").json()
    assert (decision["status"], decision["source"]) == ("denied", "system")


def test_an_outcome_for_a_team_of_an_earlier_model_is_taken(client, predictor):
    client.post("/v1/tasks", json={"id": "t1", "text": "payroll"})
    client.post("/v1/tasks", json={"id": "t2", "text": "payroll"})
    predictor.options = ("network", "security")
    for task, team in (("t1", "payroll"), ("t2", "security")):
        answer = client.post(f"/v1/tasks/{task}/outcome", json={"team": team})
        assert answer.status_code == 200, answer.text
    problem(client.post("/v1/tasks/t1/outcome", json={"team": "netwerk"}), 422, "network")


def test_a_recorded_outcome_of_a_new_team_may_be_repeated(client):
    client.post("/v1/tasks", json={"id": "t1", "text": "payroll"})
    body = {"team": "brand-new", "new_team": True}
    first = client.post("/v1/tasks/t1/outcome", json=body)
    again = client.post("/v1/tasks/t1/outcome", json={"team": "brand-new"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
