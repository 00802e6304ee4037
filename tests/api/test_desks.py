"""Escalating, claiming and delegating over HTTP, and answers in the formats of the field."""

from datetime import timedelta

import pytest

from signalbox.domain.base import utc_now
from signalbox.escalation_settings import EscalationSettings
from tests.api.test_tasks import problem

CHAIN = EscalationSettings(
    levels=("team-lead", "manager"), after_minutes=(30, 60), people={"manager": ("mona",)}
)
FAR = (utc_now() + timedelta(days=300)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def chained(client_of):
    return client_of(escalation=CHAIN)


def waiting(client, id="t1"):
    answer = client.post("/v1/tasks", json={"id": id, "text": "odd", "requester": "ann"}).json()
    return f"/v1/approvals/{answer['approval_id']}"


def test_an_escalated_approval_waits_one_level_up(chained):
    url = waiting(chained)
    before = chained.get(url).json()
    assert (before["level"], before["level_name"], before["eligible"]) == (0, "", [])
    assert before["due_at"] > before["created_at"]
    up = {"decision": "escalate", "message": "not mine", "actor": "bob"}
    answer = chained.post(url, json=up)
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["team"]) == ("waiting", None)
    assert chained.get(url).json()["level_name"] == "team-lead"
    assert chained.post(url, json=up).status_code == 202
    after = chained.get(url).json()
    assert (after["level"], after["eligible"], after["due_at"]) == (2, ["mona"], None)
    assert after["state"] == "waiting"
    problem(chained.post(url, json=up), 403, "forbidden")
    problem(chained.post(url, json={"decision": "approve", "actor": "bob"}), 403, "forbidden")
    problem(chained.post(url, json=up | {"actor": "mona"}), 409, "conflict")
    assert chained.post(url, json={"decision": "approve", "actor": "Mona"}).json()["team"]


def test_escalate_names_no_team(chained):
    url = waiting(chained)
    body = {"decision": "escalate", "team": "payroll", "actor": "bob"}
    problem(chained.post(url, json=body), 422, "bad-input")


def test_without_a_chain_there_is_nothing_to_escalate_through(client):
    found = problem(
        client.post(waiting(client), json={"decision": "escalate", "actor": "bob"}), 409, "conflict"
    )
    assert "SIGNALBOX_ESCALATION__LEVELS" in found["hint"]


def test_a_claim_keeps_others_out_until_it_is_given_back(client):
    url = waiting(client)
    claimed = client.post(f"{url}/claim", json={"actor": "bob", "minutes": 30})
    assert claimed.status_code == 200
    assert claimed.json()["claimed_by"] == "bob"
    until = claimed.json()["claimed_until"]
    for other in (
        client.post(url, json={"decision": "approve", "actor": "cleo"}),
        client.post(f"{url}/claim", json={"actor": "cleo"}),
        client.delete(f"{url}/claim", params={"actor": "cleo"}),
    ):
        told = problem(other, 409, "conflict")["detail"]
        assert "'bob'" in told
        assert until[:19] in told
    freed = client.delete(f"{url}/claim", params={"actor": "bob"})
    assert (freed.status_code, freed.json()["claimed_by"]) == (200, None)
    assert client.delete(f"{url}/claim", params={"actor": "cleo"}).status_code == 200
    done = client.post(url, json={"decision": "approve", "actor": "cleo"})
    assert done.status_code == 200
    problem(client.post(f"{url}/claim", json={"actor": "bob"}), 409, "conflict")
    problem(client.post("/v1/approvals/none/claim", json={"actor": "bob"}), 404, "not-found")


@pytest.mark.parametrize("minutes", [0, -1, 60.1, 1e9, "5"])
def test_a_claim_has_bounds(client, minutes):
    body = {"actor": "bob", "minutes": minutes}
    problem(client.post(f"{waiting(client)}/claim", json=body), 422, "bad-input")


def test_without_keys_who_claims_says_who_it_is(client):
    url = waiting(client)
    problem(client.post(f"{url}/claim", json={}), 422, "bad-input")
    problem(client.delete(f"{url}/claim"), 422, "bad-input")


def test_a_delegate_answers_in_the_name_of_the_delegator(client):
    url = waiting(client)
    answer = {"decision": "approve", "actor": "xeno", "on_behalf_of": "yara"}
    problem(client.post(url, json=answer), 403, "forbidden")
    made = client.post(
        "/v1/delegations",
        json={"from": "yara", "to": "xeno", "scope": {"risk": "high"}, "until": FAR},
    )
    assert made.status_code == 200
    assert made.json() | {"id": "", "created_at": ""} == {
        "id": "",
        "from": "yara",
        "to": "xeno",
        "scope": {"teams": None, "risk": "high"},
        "created_at": "",
        "until": FAR,
        "ended_at": None,
    }
    assert client.get("/v1/delegations").json() == {"delegations": [made.json()]}
    assert client.post(url, json=answer).status_code == 200
    assert client.get(url).json()["answered_by"] == "xeno for yara"
    votes = client.get(url).json()["votes"]
    assert [(one["actor"], one["on_behalf_of"]) for one in votes] == [("xeno", "yara")]


def test_a_delegation_is_ended_by_one_of_the_two(client):
    body = {"from": "yara", "to": "xeno", "until": FAR}
    id = client.post("/v1/delegations", json=body).json()["id"]
    url = f"/v1/delegations/{id}"
    problem(client.delete(url, params={"actor": "zoe"}), 403, "forbidden")
    problem(client.delete(url), 422, "bad-input")
    ended = client.delete(url, params={"actor": "Yara"})
    assert ended.json()["ended_at"]
    assert client.delete(url, params={"actor": "xeno"}).json() == ended.json()
    assert client.get("/v1/delegations").json() == {"delegations": []}
    problem(client.delete("/v1/delegations/none", params={"actor": "yara"}), 404, "not-found")


@pytest.mark.parametrize(
    "body",
    [
        {"from": "yara", "to": "YARA", "until": FAR},
        {"from": "yara", "to": "xeno", "until": "2020-01-01T00:00:00Z"},
        {"from": "yara", "to": "xeno", "until": FAR.removesuffix("Z")},
        {"from": "yara", "to": "xeno", "until": "2199-01-01T00:00:00Z"},
        {"from": "yara", "to": "xeno", "until": "9999-12-31T23:59:59-14:00"},
        {"from": "yara", "to": "xeno", "until": "0001-01-01T00:00:00+14:00"},
        {"from": "yara", "to": "xeno", "until": FAR, "scope": {"team": ["a"]}},
        {"from": "yara", "to": "xeno", "until": FAR, "scope": {"teams": []}},
        {"from": "system:sla", "to": "xeno", "until": FAR},
        {"to": "xeno", "until": FAR},
    ],
)
def test_a_delegation_that_makes_no_sense_is_refused(client, body):
    problem(client.post("/v1/delegations", json=body), 422, "bad-input")


def test_the_inbox_shows_what_waits_in_the_older_words(client):
    url = waiting(client)
    ours = client.get(url).json()
    (shown,) = client.get("/v1/approvals", params={"format": "agent-inbox"}).json()["approvals"]
    (asked,) = ours["request"]["action_requests"]
    assert shown["action_request"] == {"action": asked["name"], "args": asked["args"]}
    assert shown["description"] == asked["description"]
    assert all(shown["config"].values())
    assert (shown["id"], shown["digest"]) == (ours["id"], ours["digest"])


@pytest.mark.parametrize(
    ("said", "status", "team"),
    [
        ({"type": "accept", "args": None}, "decided", "network"),
        ({"type": "ignore"}, "rejected", None),
        ({"type": "response", "args": "call me"}, "responded", None),
        ({"type": "edit", "args": {"action": "route_task", "args": {"team": "payroll"}}},
         "decided", "payroll"),
        ({"decisions": [{"type": "approve"}]}, "decided", "network"),
        ({"decisions": [{"type": "reject", "message": "no"}]}, "rejected", None),
        ({"decisions": [{"type": "respond", "message": "call me"}]}, "responded", None),
        ({"decisions": [{"type": "edit", "edited_action":
          {"name": "route_task", "args": {"task_id": "t1", "team": "payroll"}}}]},
         "decided", "payroll"),
    ],
)  # fmt: skip
def test_it_is_answered_in_either_format(client, said, status, team):
    url = waiting(client)
    form = "hitl" if "decisions" in said else "agent-inbox"
    answer = client.post(url, params={"format": form}, json=said | {"actor": "bob"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["team"]) == (status, team)


def test_what_the_inbox_shows_can_be_sent_back_as_it_is(client):
    url = waiting(client)
    (shown,) = client.get("/v1/approvals", params={"format": "agent-inbox"}).json()["approvals"]
    body = {"type": "accept", "args": shown["action_request"], "digest": shown["digest"]}
    assert client.post(url, json=body | {"actor": "bob"}).json()["team"] == "network"


def test_a_decision_of_the_format_may_escalate(chained):
    url = waiting(chained)
    body = {"decisions": [{"type": "escalate", "message": "not mine"}], "actor": "bob"}
    assert chained.post(url, json=body).status_code == 202
    assert chained.get(url).json()["level_name"] == "team-lead"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"decisions": []}, "decisions"),
        ({"decisions": [{"type": "approve"}, {"type": "approve"}]}, "decisions"),
        ({"decisions": [{"type": "yes"}]}, "decisions.0.type"),
        ({"decisions": [{"type": "edit"}]}, "decisions.0"),
        ({"decisions": [{"type": "approve"}], "decision": "approve"}, "decisions"),
        ({"type": "approve"}, "type"),
        ({"type": "edit", "args": "payroll"}, "body"),
        ({"type": "response"}, "body"),
        ({"type": "accept", "args": "yes", "actor": "bob"}, "body"),
        ({"type": "accept", "team": "payroll"}, "team"),
        ({"actor": "bob"}, "decision"),
    ],
)
def test_an_answer_in_no_format_is_told_where_it_is_wrong(client, said, field):
    url = waiting(client)
    found = problem(client.post(url, json=said | {"actor": "bob"}), 422, "bad-input")
    assert field in [one["field"] for one in found["errors"]], found
    assert client.get(url).json()["state"] == "waiting"


@pytest.mark.parametrize(
    "action",
    [
        {"action": "delete_task", "args": {"team": "network"}},
        {"action": "route_task", "args": {"team": "network", "task_id": "t2"}},
        {"action": "route_task", "args": {"team": "nobody"}},
    ],
)
@pytest.mark.parametrize("kind", ["edit", "accept"])
def test_an_edit_changes_the_team_and_nothing_else(client, kind, action):
    url = waiting(client)
    problem(client.post(url, json={"type": kind, "args": action, "actor": "bob"}), 422, "bad-input")
    assert client.get(url).json()["state"] == "waiting"
