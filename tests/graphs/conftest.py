import uuid
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import create_engine, make_url, text

from signalbox.app import open_signalbox
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor

RULES = """
name: desk
version: 1
kind: routing
bindings:
  fallback_team: optional
facts:
  priority: {type: string, required: true, enum: [low, normal, high, critical]}
  channel: {type: string}
  customer_tier: {type: string, enum: [standard, vip]}
  language_risk: {type: boolean, required: true}
rules:
  - id: phone-goes-to-network
    why: the switchboard is theirs
    owner: desk lead
    when: [{fact: channel, eq: phone}]
    force: network
  - id: never-payroll-for-vip
    why: payroll has no VIP agreement
    owner: desk lead
    when: [{fact: customer_tier, eq: vip}]
    forbid: [payroll]
guards:
  - id: critical-needs-a-person
    why: a wrong queue costs an hour
    owner: desk lead
    when: [{fact: priority, eq: critical}]
    verdict: require_approval
  - id: orders-in-text
    why: the text gives orders
    owner: desk lead
    when: [{fact: language_risk, eq: true}]
    verdict: deny
"""


@pytest.fixture
def rule_file(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text(RULES)
    return path


@pytest.fixture
def opened(tmp_path, rule_file):
    """A context manager that opens an engine on the same files every time it is entered."""

    @asynccontextmanager
    async def enter(predictor=None, **settings):
        files = {"db": f"sqlite:///{tmp_path / 'desk.db'}", "rules": rule_file}
        given = Settings(**{**files, **settings})
        async with open_signalbox(given, predictor or ScriptedPredictor()) as engine:
            yield engine

    return enter


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """The URL of a database of the test's own; on PostgreSQL a schema, which is quicker to make."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    url = make_url(request.getfixturevalue("postgres_url"))
    name = f"desk_{uuid.uuid4().hex[:12]}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    own = url.update_query_dict({"options": f"-csearch_path={name}"})
    return own.render_as_string(hide_password=False)
