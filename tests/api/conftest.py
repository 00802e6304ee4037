import contextlib

import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from signalbox.app import open_signalbox
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor

RULES = """
name: desk
version: 1
kind: routing
facts:
  priority: {type: string, required: true, enum: [low, normal, high, critical]}
guards:
  - id: critical-needs-a-person
    why: a wrong queue costs an hour
    owner: desk lead
    when: [{fact: priority, eq: critical}]
    verdict: require_approval
"""


@pytest.fixture
def predictor():
    return ScriptedPredictor()


@pytest.fixture
def client_of(tmp_path, predictor, monkeypatch):
    """Makes a client of an engine with these settings; all end with the test."""
    rules = tmp_path / "desk.yaml"
    rules.write_text(RULES)
    monkeypatch.setattr(
        "api.application.open_signalbox",
        lambda given, **more: open_signalbox(given, predictor, **more),
    )
    with contextlib.ExitStack() as clients:

        def make(**settings):
            given = Settings(db=f"sqlite:///{tmp_path / 'desk.db'}", rules=rules, **settings)
            return clients.enter_context(
                TestClient(
                    create_app(given),
                    base_url="http://127.0.0.1",
                    raise_server_exceptions=False,
                )
            )

        yield make


@pytest.fixture
def client(client_of):
    return client_of(max_body_bytes=300_000, max_batch=5)
