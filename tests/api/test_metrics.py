"""What /metrics says, and that nobody asks it for something it does not say."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.application import create_app
from signalbox.app import open_signalbox
from signalbox.domain.access import Permission, Role
from signalbox.domain.base import utc_now
from signalbox.domain.outcome import Event
from signalbox.ledger.figures import SqlFigures
from signalbox.secrets import digest, new_key
from signalbox.settings import LlmSettings, Settings
from tests.doubles import ScriptedPredictor
from tests.ledger import conftest as ledgers
from tests.ledger.make import a_decision, a_task, an_approval

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"\b((?:signalbox|process)_[a-z_]+)\b")

migrated_file, migrated_postgres = ledgers.migrated_file, ledgers.migrated_postgres
url, ledger = ledgers.url, ledgers.ledger


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr("api.metrics.CACHED_S", -1.0)


def families(client, **more):
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {one.name: one for one in text_string_to_metric_families(answer.text)}


def value(client, name, **labels):
    found = families(client)
    for family in found.values():
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


@pytest.fixture
def model_client(tmp_path, monkeypatch, scripted_model):
    """An engine with a language model, so that every metric there can be is there."""
    llm = LlmSettings(base_url=scripted_model.base_url("vllm"), model="r1", dialect="vllm")
    settings = Settings(db=f"sqlite:///{tmp_path / 'model.db'}", llm=llm)
    monkeypatch.setattr(
        "api.application.open_signalbox",
        lambda given, **more: open_signalbox(given, ScriptedPredictor(), **more),
    )
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


def asked_for():
    """(where, name) of every metric in alerts, dashboard and page."""
    alerts = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
    for group in alerts["groups"]:
        for rule in group["rules"]:
            yield from ((rule["alert"], name) for name in NAME.findall(rule["expr"]))
    board = json.loads((ROOT / "deploy/grafana/signalbox.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield from ((panel["title"], name) for name in NAME.findall(target["expr"]))
    page = (ROOT / "docs/monitoring.md").read_text()
    for name in re.findall(r"`(signalbox_[a-z_]+)", page):
        yield "docs/monitoring.md", name.replace("_request_seconds", "_request_seconds_bucket")


def test_every_name_that_is_asked_for_is_there(model_client):
    model_client.post("/v1/tasks", json={"text": "network is down"})
    families(model_client)
    there = {sample.name for one in families(model_client).values() for sample in one.samples}
    missing = [(where, name) for where, name in asked_for() if name not in there]
    assert missing == []
    assert len(list(asked_for())) > 40


def test_the_page_tells_every_metric_there_is(model_client):
    page = (ROOT / "docs/monitoring.md").read_text()
    untold = [
        name
        for name, family in families(model_client).items()
        if name.startswith("signalbox_") and name not in page and not name.endswith("_created")
    ]
    assert untold == []


def test_alerts_are_well_formed_and_say_what_to_do():
    alerts = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert len(rules) >= 6
    for rule in rules:
        assert rule["annotations"]["summary"] and rule["annotations"]["action"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_requests_are_counted_by_route_and_not_by_path(client):
    for number in range(3):
        client.get(f"/v1/tasks/T-{number}")
    client.get("/v1/nowhere/at/all")
    client.request("BREW", "/v1/tasks")
    found = families(client)["signalbox_http_requests"].samples
    labels = {(one.labels["route"], one.labels["method"], one.labels["status"]) for one in found}
    assert ("/v1/tasks/{task_id}", "GET", "404") in labels
    assert ("other", "GET", "404") in labels
    assert ("/v1/tasks", "other", "405") in labels
    assert "T-1" not in str(labels)
    counted = [one for one in found if one.labels["route"] == "/v1/tasks/{task_id}"]
    assert [one.value for one in counted if one.name.endswith("_total")] == [3.0]


def test_no_label_holds_what_there_may_be_many_of(model_client):
    for number in range(5):
        model_client.post("/v1/tasks", json={"id": f"secret-{number}", "text": "network is down"})
    text = model_client.get("/metrics").text
    assert "secret-" not in text
    names = {name for one in families(model_client).values() for s in one.samples
             for name in s.labels}  # fmt: skip
    assert names <= {
        "route", "method", "status", "le", "source", "automatic", "reader", "state", "result",
        "version", "python",
    }  # fmt: skip


def test_decisions_and_approvals(client):
    families(client)
    client.post("/v1/tasks", json={"text": "network is down", "attributes": {"priority": "low"}})
    labels = {"source": "model", "status": "decided", "automatic": "true"}
    assert value(client, "signalbox_decisions_total", **labels) == 1
    asked = {"text": "network is down", "attributes": {"priority": "critical"}}
    assert client.post("/v1/tasks", json=asked).json()["approval_id"]
    assert value(client, "signalbox_approvals_waiting") == 1
    assert value(client, "signalbox_approvals_oldest_seconds") > 0
    client.post("/v1/autonomy", json={"switch": "paused", "actor": "ann", "reason": "x"})
    assert value(client, "signalbox_switch", state="paused") == 1
    assert value(client, "signalbox_switch", state="running") == 0


def test_a_database_that_is_away_is_told_and_not_an_error(client, monkeypatch):
    from signalbox.domain.errors import Unavailable

    assert value(client, "signalbox_ledger_up") == 1

    def away(self):
        raise Unavailable("gone")

    monkeypatch.setattr(SqlFigures, "standing", away)
    assert value(client, "signalbox_ledger_up") == 0


def test_the_ledger_is_read_once_for_scrapes_that_come_together(client, monkeypatch):
    monkeypatch.setattr("api.metrics.CACHED_S", 60.0)
    families(client)
    monkeypatch.setattr(SqlFigures, "standing", None)
    families(client)


def test_a_key_may_be_for_metrics_alone(tmp_path, monkeypatch):
    from signalbox.ledger.store import open_ledger

    settings = Settings(db=f"sqlite:///{tmp_path / 'desk.db'}")
    ledger = open_ledger(settings.db)
    keys = {}
    for tenant in ("default", "other"):
        key, keys[tenant] = new_key(
            Role.VIEWER, utc_now(), timedelta(days=1), name="prometheus", tenant=tenant,
            scopes=frozenset({Permission.METRICS}),
        )  # fmt: skip
        ledger.api_keys.add(key, digest(keys[tenant]))
    ledger.close()
    monkeypatch.setattr(
        "api.application.open_signalbox",
        lambda given, **more: open_signalbox(given, ScriptedPredictor(), **more),
    )
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        mine = {"authorization": f"Bearer {keys['default']}"}
        assert "signalbox_ledger_up" in families(client, headers=mine)
        assert client.get("/v1/decisions", headers=mine).status_code == 403
        theirs = {"authorization": f"Bearer {keys['other']}"}
        assert client.get("/metrics", headers=theirs).status_code == 403, "it tells of all tenants"
        assert client.get("/metrics").status_code == 401


class TestLedgerFigures:
    def test_decisions_are_counted_once_from_a_place_on(self, ledger, monkeypatch):
        monkeypatch.setattr("signalbox.ledger.figures.MOST", 4)
        figures = ledger.figures
        assert figures.tally(0).counts == {}
        for number in range(6):
            ledger.commit(a_task(f"T-{number}"), a_decision(f"T-{number}"))
            ledger.note(Event(type="consult.failed", subject="T", data={}))
        total, place = 0, 0
        for _ in range(5):
            found = figures.tally(place)
            total += found.counts.get(("model", "decided", True), 0)
            assert set(found.counts) <= {("model", "decided", True)}
            place = found.place
        assert (total, place) == (6, 12)
        assert figures.tally(place).counts == {}

    def test_where_it_stands(self, ledger):
        assert ledger.figures.standing().waiting == 0
        ledger.park(a_task("T-1"), an_approval("T-1"))
        ledger.park(a_task("T-2"), an_approval("T-2", minutes=5))
        ledger.commit(a_task("T-3"), a_decision("T-3"))
        found = ledger.figures.standing()
        assert (found.waiting, found.oldest_waiting) == (2, an_approval("T-1").created_at)
        assert found.unsealed == found.last_event == 3
        ledger.audit.seal()
        assert ledger.figures.standing().unsealed == 0
