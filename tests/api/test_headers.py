"""What every answer carries, of whatever kind it is."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

import pytest

from api.headers import DOCS, FIXED, documented


def policy(answer):
    parts = (
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    return {name: (rest[0] if rest else "") for name, *rest in parts}


ASKED = {
    "fine": ("GET", "/v1/decisions", {}),
    "made": ("POST", "/v1/tasks", {"json": {"text": "network is down"}}),
    "unfit": ("POST", "/v1/tasks", {"json": {"txt": 1}}),
    "no JSON": (
        "POST",
        "/v1/tasks",
        {"content": b"{", "headers": {"content-type": "application/json"}},
    ),
    "too large": ("POST", "/v1/tasks", {"content": b"x" * 400_000}),
    "another host": ("GET", "/v1/decisions", {"headers": {"host": "evil.example"}}),
    "not there": ("GET", "/v1/nowhere", {}),
    "not so": ("DELETE", "/v1/decisions", {}),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_answer_of_the_api_carries_them(client, name):
    method, path, more = ASKED[name]
    answer = client.request(method, path, **more)
    assert {key: answer.headers[key] for key in FIXED} == FIXED
    assert answer.headers["cache-control"] == "no-store"
    assert policy(answer)["default-src"] == policy(answer)["frame-ancestors"] == "'none'"
    assert len(answer.headers.get_list("content-security-policy")) == 1


def test_so_does_the_answer_to_a_crash(client, monkeypatch):
    async def crash(*_, **__):
        raise RuntimeError("by design")

    monkeypatch.setattr("signalbox.engine.Signalbox.readiness", crash)
    answer = client.get("/readyz")
    assert answer.status_code == 500
    assert {key: answer.headers[key] for key in FIXED} == FIXED
    assert "content-security-policy" in answer.headers


def test_what_is_no_business_of_anybodys_may_be_kept_and_asked_about(client):
    for path in ("/", "/healthz", "/openapi.json"):
        assert client.get(path).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", sorted(DOCS))
def test_the_documentation_goes_on_working(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    allowed = policy(answer)
    assert "'unsafe-inline'" not in allowed["script-src"]
    assert "'unsafe-eval'" not in allowed["script-src"]
    for inline in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL):
        digest = base64.b64encode(sha256(inline.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed["script-src"], "it would not run"
    sources = re.findall(r"<script[^>]*\bsrc=\"([^\"]+)\"", answer.text)
    sheets = re.findall(r"<link[^>]*href=\"([^\"]+)\"[^>]*rel=\"stylesheet\"", answer.text)
    sheets += re.findall(r"<link[^>]*rel=\"stylesheet\"[^>]*href=\"([^\"]+)\"", answer.text)
    icons = re.findall(r"<link[^>]*rel=\"shortcut icon\"[^>]*href=\"([^\"]+)\"", answer.text)
    for kind, addresses in (("script-src", sources), ("style-src", sheets), ("img-src", icons)):
        for address in addresses:
            assert "/".join(address.split("/")[:3]) in allowed[kind], address
    assert allowed["connect-src"] == "'self'", "it asks for /openapi.json"


def test_a_script_put_into_the_page_does_not_run():
    allowed = documented(b"<script>ours()</script>")
    assert allowed != documented(b"<script>ours() </script>")
    assert allowed.count("sha256-") == 1


def test_a_route_may_have_a_policy_of_its_own(client):
    from fastapi import Response

    async def page():
        return Response("x", headers={"content-security-policy": "default-src 'self'"})

    client.app.add_api_route("/page", page)
    assert policy(client.get("/page")) == {"default-src": "'self'"}
