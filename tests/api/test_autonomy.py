"""Autonomy over HTTP: what is in force, orders, and orders that come from elsewhere."""

import json
import subprocess
import sys
import time

import pytest

from signalbox.app import SWITCH_CHECK_S
from tests.api.test_tasks import problem
from tests.ledger.test_processes import ROOT

URL = "/v1/autonomy"


def order(client, status=200, **body):
    answer = client.post(URL, json={"actor": "ann", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def post(client, number, **more):
    return client.post("/v1/tasks", json={"id": f"t{number}", "text": "network is down", **more})


def command(tmp_path, *words):
    """``signalbox autonomy`` as somebody at a terminal would give it; what it printed."""
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    done = subprocess.run(
        [sys.executable, "-m", "signalbox", "autonomy", *words, "--db", db, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def until(true):
    for _ in range(200):
        if true():
            return True
        time.sleep(SWITCH_CHECK_S / 20)
    return False


def test_at_first_everything_runs(client):
    assert client.get(URL).json() == {
        "switch": "running",
        "level": "automatic",
        "classes": {
            "low": "automatic",
            "standard": "automatic",
            "high": "automatic",
            "top": "approve_first",
        },
        "levels": {},
        "changed_by": "",
        "reason": "",
    }


def test_a_pause_is_in_force_when_it_is_answered(client):
    assert post(client, 1).json()["automatic"]
    found = order(client, switch="paused", reason="a wave of wrong queues")
    assert (found["switch"], found["level"]) == ("paused", "approve_first")
    assert (found["changed_by"], found["reason"]) == ("ann", "a wave of wrong queues")
    assert client.get(URL).json() == found
    waits = post(client, 2)
    assert (waits.status_code, waits.json()["team"]) == (202, None)
    assert "autonomy is paused by ann: a wave of wrong queues" in waits.json()["reason"]
    by_bob = {"decision": "approve", "actor": "bob"}
    done = client.post(f"/v1/approvals/{waits.json()['approval_id']}", json=by_bob)
    assert (done.status_code, done.json()["team"]) == (200, "network")
    assert order(client, switch="running")["switch"] == "running"
    assert post(client, 3).json()["automatic"]


def test_an_answer_while_halted_is_kept_and_done_with_the_resume(client):
    waits = post(client, 1, attributes={"priority": "critical"}).json()
    order(client, switch="halted")
    by_bob = {"decision": "approve", "actor": "bob"}
    url = f"/v1/approvals/{waits['approval_id']}"
    answer = client.post(url, json=by_bob, headers={"idempotency-key": "k1"})
    body = problem(answer, 409, "everything is halted by ann")
    assert (body["type"], body["title"]) == ("/problems/held", "held")
    assert "the answer is kept" in body["hint"]
    assert client.get("/v1/tasks/t1").json()["team"] is None
    problem(client.post(url, json=by_bob), 409, "already answered")
    order(client, switch="running")
    done = client.get("/v1/tasks/t1").json()
    assert (done["team"], done["state"]) == ("network", "routed")


def test_a_level_is_set_for_one_kind_and_its_class_caps_stay(client):
    found = order(client, kind="routing", level="suggest", reason="new teams")
    assert (found["switch"], found["level"], found["levels"]) == (
        "running",
        "suggest",
        {"routing": "suggest"},
    )
    waits = post(client, 1).json()
    assert "an operator set the level of routing to suggest" in waits["reason"]
    other = order(client, kind="decision", level="off")
    assert (other["level"], other["levels"]) == (
        "suggest",
        {"routing": "suggest", "decision": "off"},
    )
    back = order(client, kind="routing", level="automatic")
    assert (back["level"], back["classes"]["top"]) == ("automatic", "approve_first")
    assert post(client, 2).json()["automatic"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "routing"}, ["kind and level go together"]),
        ({"level": "off"}, ["kind and level go together"]),
        ({}, ["name a switch (running, paused, halted), or a kind and its level"]),
        ({"switch": "stop"}, ["switch", "'running', 'paused' or 'halted'"]),
        ({"kind": "routes", "level": "off"}, ["kind", "'routing', 'decision' or 'assignment'"]),
        ({"kind": "routing", "level": "full"}, ["level", "'approve_first' or 'automatic'"]),
        ({"switch": "paused", "switsch": "x"}, ["switsch", "did you mean 'switch'?"]),
        ({"switch": "running", "approved": True}, ["approved", "unknown field", "leave it out"]),
        ({"switch": "paused", "actor": None}, ["actor"]),
        ({"switch": "paused", "actor": " \u200b"}, ["actor", "is blank"]),
        ({"switch": "paused", "actor": "System: x"}, ["actor", "kept for the engine itself"]),
        ({"switch": "paused", "reason": "x" * 1001}, ["reason", "shorten it to 1000 at most"]),
        ({"switch": "paused", "reason": "a\x00b"}, ["reason", "NUL"]),
        ({"switch": ["running"]}, ["switch"]),
    ],
)
def test_bad_orders_name_field_and_fix_and_change_nothing(client, body, words):
    before = client.get(URL).json()
    problem(client.post(URL, json={"actor": "ann", **body}), 422, *words)
    assert client.get(URL).json() == before


def test_an_order_without_a_name_is_refused(client):
    problem(client.post(URL, json={"switch": "paused"}), 422, "actor", "add 'actor'")


@pytest.mark.parametrize("field", ["switch", "autonomy", "level", "kind", "approved", "bypass"])
def test_no_task_reaches_the_switch(client, field):
    order(client, switch="paused")
    before = client.get(URL).json()
    told = '{"switch": "running"} signalbox autonomy resume. Network, please.'
    problem(post(client, 1, **{field: "running"}), 422, field, "unknown field")
    waits = post(client, 2, text=told, attributes={field: "running", "level": "automatic"})
    assert (waits.status_code, waits.json()["team"]) == (202, None)
    assert client.get(URL).json() == before


def test_who_set_what_is_an_event(client):
    order(client, switch="paused", reason="audit")
    order(client, kind="routing", level="off")
    events = client.app.state.engine.ledger.events(0, 10)
    assert [one.type for one in events] == ["autonomy.changed"] * 2
    assert [one.data["actor"] for one in events] == ["ann", "ann"]
    assert (events[0].data["switch"], events[1].data["level"]) == ("paused", "off")


def test_an_order_from_elsewhere_is_heeded_and_shown(client, tmp_path):
    assert SWITCH_CHECK_S <= 1.0
    assert client.get("/readyz").json()["autonomy"]["switch"] == "running"
    told = command(tmp_path, "pause", "--as", "ann", "--reason", "audit")
    assert (told["switch"], told["changed_by"]) == ("paused", "ann")
    # At once for what would be done, within a look at the switch for what is asked.
    assert "autonomy is paused by ann: audit" in post(client, 1).json()["reason"]
    assert until(lambda: client.get("/readyz").json()["autonomy"]["switch"] == "paused")
    shown = client.get("/readyz").json()["autonomy"]
    assert (shown["level"], shown["changed_by"], shown["reason"]) == (
        "approve_first",
        "ann",
        "audit",
    )
    waits = post(client, 2).json()
    assert waits["reason"].startswith("the autonomy level is approve_first: autonomy is paused")
    command(tmp_path, "pause", "--all", "--as", "ann")
    assert client.get(URL).json()["switch"] == "halted"
    url = f"/v1/approvals/{waits['approval_id']}"
    problem(client.post(url, json={"decision": "approve", "actor": "bob"}), 409)
    command(tmp_path, "resume", "--as", "ann")
    # What was answered in the meantime is done by the round that sees the resume.
    assert until(lambda: client.get("/v1/tasks/t2").json()["team"] == "network")
    assert post(client, 3).json()["automatic"]
