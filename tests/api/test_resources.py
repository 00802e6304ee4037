"""Resources over HTTP, and who has a task."""

from __future__ import annotations

import time

import pytest

OFFICE = {
    "zone": "Europe/Rome",
    "shifts": [{"days": ["mon", "tue"], "start": "09:00", "until": "17:30"}],
}


def put(client, id="bea", **body):
    return client.put(f"/v1/resources/{id}", json={"team": "network", **body})


def test_a_resource_is_registered_read_replaced_and_removed(client):
    made = put(client, skills=["cisco"], capacity=3, cost=40.5, calendar=OFFICE)
    assert made.status_code == 201
    assert made.json()["calendar"] == OFFICE and made.json()["holds"] == 0
    assert client.get("/v1/resources/bea").json() == made.json()
    again = put(client)
    assert again.status_code == 200 and again.json()["skills"] == [], "a PUT is the whole"
    assert [one["id"] for one in client.get("/v1/resources").json()["resources"]] == ["bea"]
    assert client.get("/v1/resources", params={"team": "other"}).json() == {"resources": []}
    assert client.delete("/v1/resources/bea").status_code == 204
    assert client.get("/v1/resources/bea").status_code == 404
    assert client.delete("/v1/resources/bea").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"capacity": 0}, "capacity"),
        ({"skills": ["a,b"]}, "comma"),
        ({"calendar": {"zone": "Mars", "shifts": OFFICE["shifts"]}}, "no time zone"),
        (
            {"calendar": {"shifts": [{"days": ["mon"], "start": "9", "until": "17:00"}]}},
            "write it like 09:30",
        ),
        ({"capcity": 2}, "capcity"),
        ({"team": ""}, "team"),
        ({"team": "netwrok"}, "did you mean 'network'?"),
    ],
)
def test_what_is_wrong_with_one_is_named(client, body, words):
    answer = put(client, **body)
    assert answer.status_code == 422 and words in answer.text
    assert client.get("/v1/resources").json() == {"resources": []}


def test_a_new_team_has_to_be_called_new_once(client):
    assert put(client, team="night desk", new_team=True).status_code == 201
    assert put(client, "carl", team="night desk").status_code == 201


def test_a_task_is_answered_with_team_and_resource(client):
    put(client)
    answer = client.post("/v1/tasks", json={"id": "t1", "text": "network is down"}).json()
    assert (answer["team"], answer["resource"]) == ("network", "bea")
    assert answer["assignment"]["state"] == "assigned"
    trace = client.get(f"/v1/decisions/{answer['assignment']['decision_id']}").json()
    assert trace["kind"] == "assignment" and trace["source"] == "policy"
    waits = client.post("/v1/tasks", json={"id": "t2", "text": "network is slow"}).json()
    assert waits["resource"] is None and "all they can hold" in waits["assignment"]["reason"]
    assert client.get("/v1/resources/bea").json()["holds"] == 1


def test_needed_skills_are_given_with_the_task(client):
    put(client, "plain", capacity=9)
    put(client, "expert", skills=["Cisco", "bgp"])
    task = {"id": "t1", "text": "network", "skills": ["cisco"], "attributes": {"skills": "bgp"}}
    assert client.post("/v1/tasks", json=task).json()["resource"] == "expert"


def test_every_task_of_a_batch_is_given_to_somebody(client):
    put(client, capacity=10)
    tasks = [{"id": f"t{n}", "text": "network"} for n in range(5)]
    answer = client.post("/v1/tasks/batch", json={"tasks": tasks}).json()
    assert [one["resource"] for one in answer["results"]] == ["bea"] * 5


def test_an_outcome_frees_whoever_had_the_task(client):
    put(client)
    client.post("/v1/tasks", json={"id": "t1", "text": "network"})
    client.post("/v1/tasks", json={"id": "t2", "text": "network"})
    client.post("/v1/tasks/t1/outcome", json={"team": "network"})
    for _ in range(100):
        found = client.get("/v1/tasks/t2").json()["resource"]
        if found:
            break
        time.sleep(0.02)
    assert found == "bea"
    assert client.get("/v1/tasks/t1").json()["assignment"]["state"] == "done"


def test_work_is_done_given_back_and_given_by_a_person(client):
    put(client)
    client.post("/v1/tasks", json={"id": "t1", "text": "network"})

    def move(**body):
        return client.post("/v1/tasks/t1/assignment", json={"actor": "ann", **body})

    back = move(action="return", reason="on leave")
    assert back.status_code == 200 and back.json()["state"] == "waiting"
    given = move(action="assign", resource="bea", reason="nobody else")
    assert given.json()["resource"] == "bea"
    assert given.json()["reason"] == "ann chose so: nobody else (although 'bea' gave it back)"
    assert move(action="done").json()["state"] == "done"
    assert move(action="done").status_code == 409
    assert client.get("/v1/tasks/t1").json()["assignment"]["state"] == "done"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"action": "assign"}, 422),
        ({"action": "done", "resource": "bea"}, 422),
        ({"action": "assign", "resource": "bea"}, 404),
        ({"action": "sleep"}, 422),
    ],
)
def test_a_move_that_cannot_be_is_named(client, body, status):
    client.post("/v1/tasks", json={"id": "t1", "text": "network"})
    answer = client.post("/v1/tasks/t1/assignment", json={"actor": "ann", **body})
    assert answer.status_code == status


def test_without_resources_all_is_as_it_was(client):
    answer = client.post("/v1/tasks", json={"id": "t1", "text": "network"}).json()
    assert answer["team"] == "network"
    assert answer["resource"] is None and answer["assignment"] is None
