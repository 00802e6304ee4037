"""Every route, every role, every other tenant: who gets in and who does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.access import COOKIE
from api.application import create_app
from api.permissions import OPEN, PERMISSIONS
from signalbox.app import open_signalbox
from signalbox.domain.access import OF_ALL_TENANTS, Permission, Role
from signalbox.domain.base import utc_now
from signalbox.ledger.store import open_ledger
from signalbox.secrets import digest, new_key
from signalbox.settings import Settings
from tests.api.conftest import RULES
from tests.doubles import ScriptedPredictor

ROUTES = sorted(
    (method.upper(), path)
    for path, methods in create_app(Settings()).openapi()["paths"].items()
    if path not in OPEN
    for method in methods
)


RESOURCE = {"team": "network"}
DELEGATION = {"to": "ben", "until": (utc_now() + timedelta(days=9)).isoformat()}


class Desk:
    """A server with keys for every role in two tenants, and something to ask about in one."""

    def __init__(self, client, ledger):
        self.client, self.ledger = client, ledger
        self.keys = {
            (role, tenant): self.make(role, tenant=tenant)
            for role in Role
            for tenant in ("default", "other")
        }
        self.ids = {"resource_id": "ann"}
        self.ask("PUT", "/v1/resources/ann", Role.ADMIN, json=RESOURCE)
        for text in ("network is down", "nobody knows"):
            answer = self.ask("POST", "/v1/tasks", Role.OPERATOR, json={"text": text}).json()
            self.ids |= {key: answer[key] for key in answer if key.endswith("_id") and answer[key]}
            self.ids[f"task:{text}"] = answer["task_id"]
        given = self.ask("POST", "/v1/delegations", Role.APPROVER, json=DELEGATION).json()
        self.ids["delegation_id"] = given["id"]
        rules = self.ask("GET", "/v1/rules", Role.ADMIN).json()
        self.ids["digest"] = rules["in_force"]["digest"]
        hook = {"url": "http://127.0.0.1:9/nobody"}
        made = self.ask("POST", "/v1/webhooks", Role.ADMIN, json=hook).json()
        self.ids["webhook_id"] = made["webhook"]["id"]

    def make(self, role, *, tenant="default", name=None, days=1.0, scopes=None):
        key, text = new_key(
            role,
            utc_now(),
            timedelta(days=days),
            name=name or f"{role.value} of {tenant}",
            tenant=tenant,
            scopes=scopes,
        )
        self.ledger.api_keys.add(key, digest(text))
        return text

    def ask(self, method, path, role=None, tenant="default", *, key=None, **more):
        key = key or (self.keys[role, tenant] if role else None)
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    def at(self, path):
        if path.endswith("/assignment"):
            # Of the two tasks the one that a team has.
            path = path.replace("{task_id}", self.ids["task:network is down"])
        names = ("task_id", "decision_id", "approval_id", "delegation_id", "digest", "webhook_id")
        names += ("resource_id",)
        for name in names:
            path = path.replace(f"{{{name}}}", self.ids.get(name, "none"))
        # A stream ends when it is told to.
        return path + "?for_s=0&after=0" if path == "/v1/events" else path


@pytest.fixture
def desk(tmp_path, monkeypatch):
    rules = tmp_path / "desk.yaml"
    rules.write_text(RULES)
    # Nothing is sent: some of the addresses are real.
    settings = Settings(
        db=f"sqlite:///{tmp_path / 'desk.db'}", rules=rules, webhooks={"deliver": False}
    )
    monkeypatch.setattr(
        "api.application.open_signalbox",
        lambda given, **more: open_signalbox(given, ScriptedPredictor(), **more),
    )
    ledger = open_ledger(settings.db)
    key, text = new_key(Role.ADMIN, utc_now(), timedelta(days=1), name="first")
    ledger.api_keys.add(key, digest(text))
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield Desk(client, ledger)
    ledger.close()


def body_for(method, path):
    bodies = {
        "/v1/tasks": {"text": "security badge"},
        "/v1/tasks/batch": {"tasks": [{"text": "security badge"}]},
        "/v1/tasks/{task_id}/assignment": {"action": "done"},
        "/v1/tasks/{task_id}/outcome": {"team": "network"},
        "/v1/approvals/{approval_id}": {"decision": "reject"},
        "/v1/approvals/{approval_id}/claim": {"minutes": 5},
        "/v1/delegations": DELEGATION,
        "/v1/autonomy": {"switch": "running"},
        "/v1/webhooks": {"url": "https://93.184.216.34/hook"},
        "/v1/webhooks/{webhook_id}/rotate": {},
        "/v1/webhooks/{webhook_id}/replay": {},
    }
    if method == "PUT":
        return {"json": RESOURCE}
    if method == "DELETE":
        return {"params": {"reason": "asked to be forgotten"}}
    return {"json": bodies[path]} if method == "POST" else {}


def test_every_route_says_what_it_needs():
    assert len(ROUTES) > 10
    assert set(PERMISSIONS) == set(ROUTES), "api/permissions.py is to name each, and no other"


def test_a_route_that_nobody_thought_about_is_shut(desk):
    async def forgotten():
        return {"secret": 1}

    desk.client.app.add_api_route("/v1/forgotten", forgotten)
    desk.client.app.add_api_route("/v1/decisions", forgotten, methods=["DELETE"])
    assert desk.ask("GET", "/v1/forgotten", Role.ADMIN).status_code == 404
    assert desk.ask("DELETE", "/v1/decisions", Role.ADMIN).status_code == 405


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_key_that_counts_nobody_gets_in(desk, method, path):
    expired = desk.make(Role.ADMIN, days=-1.0)
    revoked = desk.make(Role.ADMIN)
    desk.ledger.api_keys.end(revoked.split("_")[1], utc_now())
    good = desk.keys[Role.ADMIN, "default"]
    stolen = good[:-1] + ("A" if good[-1] != "A" else "B")
    for key in (None, expired, revoked, stolen, "sbk_", "x" * 5_000, good.upper()):
        answer = desk.ask(method, desk.at(path), key=key, **body_for(method, path))
        assert answer.status_code == 401, (key, answer.text)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_role_may_do_what_the_table_says_and_nothing_else(desk, method, path, role):
    answer = desk.ask(method, desk.at(path), role, **body_for(method, path))
    allowed = PERMISSIONS[method, path] in role.permissions
    assert (answer.status_code == 403) is not allowed, answer.text
    assert allowed or "permission" in answer.json()["hint"]
    assert answer.status_code in ((200, 201, 202, 204, 409) if allowed else (403,)), answer.text


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_of_another_tenant_is_seen_or_touched(desk, method, path, role):
    before = desk.ask("GET", "/v1/decisions", Role.VIEWER).json()
    answer = desk.ask(method, desk.at(path), role, "other", **body_for(method, path))
    permission = PERMISSIONS[method, path]
    allowed = permission in role.permissions and permission not in OF_ALL_TENANTS
    if not allowed:
        assert answer.status_code == 403
    elif method == "PUT":
        assert answer.status_code == 201, "each tenant has its own"
        assert desk.ledger.resources.find("default", "ann").updated_at < answer_time(answer)
    elif "{" in path:
        assert answer.status_code == 404, "not 403: that it exists is nobody else's business"
    else:
        assert answer.status_code in (200, 201, 202)
        if path == "/v1/autonomy":
            return
        for id in desk.ids.values():
            assert id not in answer.text
    assert desk.ask("GET", "/v1/decisions", Role.VIEWER).json() == before


def answer_time(answer):
    return datetime.fromisoformat(answer.json()["updated_at"])


def test_two_tenants_may_use_the_same_ids(desk):
    for tenant, text in (("default", "network is down"), ("other", "security badge")):
        answer = desk.ask(
            "POST", "/v1/tasks", Role.OPERATOR, tenant, json={"id": "1", "text": text}
        )
        assert answer.status_code == 200
    teams = [
        desk.ask("GET", "/v1/tasks/1", Role.VIEWER, tenant).json()["team"]
        for tenant in ("default", "other")
    ]
    assert teams == ["network", "security"]


def test_an_idempotency_key_is_one_callers_own(desk):
    headers = {"idempotency-key": "k-1"}
    sent = {"json": {"text": "network is down"}, "headers": headers}
    first = desk.ask("POST", "/v1/tasks", Role.OPERATOR, **sent)
    again = desk.ask("POST", "/v1/tasks", Role.OPERATOR, **sent)
    assert again.headers["idempotency-replayed"] == "true"
    for role, tenant in ((Role.OPERATOR, "other"), (Role.ADMIN, "default")):
        other = desk.ask("POST", "/v1/tasks", role, tenant, **sent)
        assert "idempotency-replayed" not in other.headers
        assert other.json()["task_id"] != first.json()["task_id"]
    viewer = desk.ask("POST", "/v1/tasks", Role.VIEWER, **sent)
    assert viewer.status_code == 403


def test_an_approver_answers_in_no_other_name(desk):
    path = desk.at("/v1/approvals/{approval_id}")
    ann = desk.make(Role.APPROVER, name="Ann")
    forged = desk.ask("POST", path, key=ann, json={"decision": "reject", "actor": "ben"})
    assert forged.status_code == 403
    assert desk.ask("GET", path, Role.VIEWER).json()["state"] == "waiting"
    answer = desk.ask("POST", path, key=ann, json={"decision": "reject", "actor": "ann"})
    assert answer.status_code == 200
    assert desk.ask("GET", path, Role.VIEWER).json()["answered_by"] == "Ann"


def test_whoever_asked_cannot_answer_by_leaving_the_name_out(desk):
    both = desk.make(Role.ADMIN, name="Ann")
    asked = {"text": "nobody knows either", "requester": "ann"}
    id = desk.ask("POST", "/v1/tasks", key=both, json=asked).json()["approval_id"]
    answer = desk.ask("POST", f"/v1/approvals/{id}", key=both, json={"decision": "reject"})
    assert answer.status_code == 409
    assert "separation of duties" in answer.json()["detail"]


def test_an_order_is_given_in_the_name_of_the_key(desk):
    boss = desk.make(Role.ADMIN, name="Boss")
    forged = {"switch": "paused", "actor": "somebody else"}
    assert desk.ask("POST", "/v1/autonomy", key=boss, json=forged).status_code == 403
    done = desk.ask("POST", "/v1/autonomy", key=boss, json={"switch": "paused"})
    assert done.json()["changed_by"] == "Boss"


def test_scopes_narrow_a_role(desk):
    key = desk.make(Role.ADMIN, scopes=frozenset({Permission.READ}))
    assert desk.ask("GET", "/v1/decisions", key=key).status_code == 200
    assert desk.ask("POST", "/v1/tasks", key=key, json={"text": "x"}).status_code == 403
    assert desk.ask("GET", "/v1/rules", key=key).status_code == 403


def test_what_is_open_tells_nothing(desk):
    assert desk.client.get("/healthz").status_code == 200
    assert desk.client.get("/openapi.json").status_code == 200
    assert desk.client.get("/readyz").json() == {"ready": True}
    assert "rules" in desk.ask("GET", "/readyz", Role.VIEWER).json()
    assert desk.client.get("/v1/nowhere").status_code == 401
    assert desk.ask("GET", "/v1/nowhere", Role.VIEWER).status_code == 404


class TestSession:
    def open(self, desk, role=Role.APPROVER):
        answer = desk.client.post("/v1/session", json={"key": desk.keys[role, "default"]})
        assert answer.status_code == 200
        return answer.json()

    def test_it_stands_for_the_key(self, desk):
        told = self.open(desk)
        cookie = next(one for one in desk.client.cookies.jar if one.name == COOKIE)
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite").lower() == "strict"
        assert told["role"] == "approver"
        assert desk.client.get("/v1/decisions").status_code == 200
        assert desk.client.get("/v1/rules").status_code == 403

    def test_a_change_needs_the_token_that_another_site_cannot_know(self, desk):
        told = self.open(desk)
        path = desk.at("/v1/approvals/{approval_id}")
        for headers in ({}, {"x-signalbox-csrf": "guess"}):
            answer = desk.client.post(path, json={"decision": "reject"}, headers=headers)
            assert answer.status_code == 403
        headers = {"x-signalbox-csrf": told["csrf"]}
        assert desk.client.post(path, json={"decision": "reject"}, headers=headers).is_success

    def test_it_ends_by_hand(self, desk):
        told = self.open(desk)
        session = desk.client.cookies[COOKIE]
        ended = desk.client.delete("/v1/session", headers={"x-signalbox-csrf": told["csrf"]})
        assert ended.status_code == 204
        cookie = {"cookie": f"{COOKIE}={session}"}
        assert desk.client.get("/v1/decisions", headers=cookie).status_code == 401

    def test_it_ends_with_its_key(self, desk, monkeypatch):
        monkeypatch.setattr("signalbox.gate.REMEMBERED_S", 0.0)
        self.open(desk)
        assert desk.client.get("/v1/decisions").status_code == 200
        id = desk.keys[Role.APPROVER, "default"].split("_")[1]
        desk.ledger.api_keys.end(id, utc_now())
        assert desk.client.get("/v1/decisions").status_code == 401

    def test_no_key_no_session(self, desk):
        for key in ("", "sbk_000000000000_" + "A" * 43):
            assert desk.client.post("/v1/session", json={"key": key}).status_code == 401
        assert COOKIE not in desk.client.cookies


class TestBeforeThereAreKeys:
    def test_everybody_here_is_the_administrator(self, client):
        assert client.get("/v1/rules").status_code == 200
        assert client.post("/v1/session", json={"key": "x"}).status_code == 409

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:8400", "127.0.0.1.evil.example"]
    )
    def test_a_page_of_another_site_is_kept_out(self, client, host):
        assert client.get("/v1/decisions", headers={"host": host}).status_code == 403

    @pytest.mark.parametrize("host", ["localhost:8400", "127.0.0.1", "[::1]:8400", "127.0.0.2:1"])
    def test_this_machine_by_any_of_its_names_gets_in(self, client, host):
        assert client.get("/v1/decisions", headers={"host": host}).status_code == 200
