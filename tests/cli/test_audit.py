"""``signalbox audit``: on what a real engine has decided, and on what somebody changed after."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from sqlalchemy import text

from evals.benchmarks.posting import demo_model
from signalbox.app import open_signalbox
from signalbox.demo.desk import ServiceDesk
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalVerb
from signalbox.domain.task import Task
from signalbox.ledger.store import open_ledger
from signalbox.settings import Settings

DECIDED = 60
MADE_UP = json.dumps([{"rule": "made-up", "effect": "allow", "why": ""}])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return demo_model(tmp_path_factory.mktemp("model"))


def live(db, model):
    """Sixty tickets, a few that a person answers, one with a card number in a fact."""

    async def run():
        settings = Settings(db=db, model=model, fallback_team="front desk")
        async with open_signalbox(settings) as engine:
            for ticket in ServiceDesk(seed=5).stream(DECIDED, drift_at=DECIDED):
                attributes = ticket.attributes | {"channel": "card 4111 1111 1111 1111"}
                task = Task(id=ticket.id, text=ticket.text, attributes=attributes)
                answer = await engine.dispatcher.decide(task)
                if answer.approval:
                    given = ApprovalAnswer(
                        decision=ApprovalVerb.EDIT, option=engine.kind.options()[0], actor="ann"
                    )
                    await engine.dispatcher.answer("default", answer.approval.id, given)

    asyncio.run(run())


@pytest.fixture(scope="module")
def lived(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("lived")
    live(f"sqlite:///{folder / 'desk.db'}", model)
    return folder / "desk.db"


@pytest.fixture
def db(lived, tmp_path):
    import shutil

    shutil.copy(lived, tmp_path / "desk.db")
    return f"sqlite:///{tmp_path / 'desk.db'}"


def audit(*arguments, db):
    done = subprocess.run(
        [sys.executable, "-m", "signalbox", "audit", *arguments, "--db", db, "--json"],
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout)


def change(db, statement):
    ledger = open_ledger(db)
    with ledger._database.write() as connection:
        connection.execute(text(statement))
    ledger.close()


def test_verify_and_a_noted_head(db):
    code, report = audit("verify", db=db)
    assert (code, report["chain_ok"], report["problems"]) == (0, True, [])
    assert report["decisions"] == DECIDED
    _, noted = audit("head", db=db)
    assert noted["head"] == report["head"]
    assert audit("verify", "--expect-head", noted["head"], db=db)[0] == 0
    change(db, "UPDATE decisions SET actor = 'mallory' WHERE actor IS NOT NULL")
    code, report = audit("verify", db=db)
    assert code == 1 and not report["chain_ok"]
    assert "something in it was changed" in report["problems"][0]["what"]


def test_replay_decides_everything_as_it_was_decided(db, model):
    code, report = audit("replay", "--model", str(model), db=db)
    assert (report["differing"], report["differences"]) == (0, [])
    assert (report["decisions"], report["identical"]) == (DECIDED, DECIDED)
    assert (report["model_not_here"], report["rules_not_here"]) == (0, 0)
    assert (code, report["chain_ok"]) == (0, True)


def test_replay_without_the_model_says_so(db):
    _, report = audit("replay", "--limit", "10", db=db)
    assert (report["decisions"], report["model_not_here"], report["differing"]) == (10, 10, 0)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("$.ranked[0].probability", "0.123", "ranked"),
        ("$.guard", "'deny'", "guard"),
        ("$.facts.channel", "'phone'", "facts.channel"),
        ("$.rules", f"json('{MADE_UP}')", "rules"),
    ],
)
def test_replay_finds_what_does_not_follow(db, model, path, value, field):
    change(
        db,
        f"UPDATE decisions SET trace = json_set(trace, '{path}', {value})"
        " WHERE id = (SELECT id FROM decisions WHERE source = 'model' LIMIT 1)",
    )
    code, report = audit("replay", "--model", str(model), db=db)
    assert code == 1 and not report["chain_ok"]
    assert report["differing"] == 1
    assert field in {one["field"] for one in report["differences"]}


def test_replay_finds_another_option(db, model):
    change(
        db,
        "UPDATE decisions SET option = 'somewhere'"
        " WHERE id = (SELECT id FROM decisions WHERE source = 'model' LIMIT 1)",
    )
    _, report = audit("replay", "--model", str(model), db=db)
    assert [one["field"] for one in report["differences"]] == ["option"]


def test_a_slip_in_the_name_makes_no_new_database(tmp_path):
    typo = tmp_path / "dekc.db"
    done = subprocess.run(
        [sys.executable, "-m", "signalbox", "audit", "verify", "--db", f"sqlite:///{typo}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "there is no database" in done.stderr
    assert not typo.exists()


def plainly(*words):
    command = [sys.executable, "-m", "signalbox", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def tables(path):
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


@pytest.mark.parametrize(
    "words",
    [("audit", "verify"), ("audit", "head"), ("autonomy", "pause"), ("keys", "list"),
     ("webhooks", "list"), ("retention", "run"), ("rules", "status")],
)  # fmt: skip
def test_another_applications_database_is_refused_and_left_alone(tmp_path, words):
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    done = plainly(*words, "--db", f"sqlite:///{path}")
    assert done.returncode == 2 and "holds no ledger of Signalbox" in done.stderr
    assert tables(path) == {"customers"}


def test_a_ledger_of_another_release_is_not_migrated_by_a_look_at_it(tmp_path):
    path = tmp_path / "desk.db"
    open_ledger(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0013'")
    done = plainly("audit", "verify", "--db", f"sqlite:///{path}")
    assert done.returncode == 2 and "is revision '0013'" in done.stderr
