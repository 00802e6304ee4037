"""``signalbox erase`` and ``retention run``, on what a real engine has decided and left."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, inspect, text

from signalbox.app import open_signalbox
from signalbox.checkpoints import open_saver
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.base import utc_now
from signalbox.domain.enums import ApprovalVerb
from signalbox.domain.task import Task
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor

SECRET = "zebra4711"


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.db'}"
    return request.getfixturevalue("postgres_database")


def live(db, **settings):
    """One decided by itself, one that a person answered, one that waits; about one who asks."""

    async def run():
        given = Settings(db=db, **settings)
        async with open_signalbox(given, ScriptedPredictor(), role="serve") as engine:
            for id, words in (("T-1", "network is down"), ("T-2", "nobody"), ("T-3", "nobody")):
                task = Task(
                    id=id, text=f"{words} {SECRET}", attributes={"n": SECRET}, requester="Ann Lee"
                )
                answer = await engine.dispatcher.decide(task)
                if id == "T-2":
                    given = ApprovalAnswer(
                        decision=ApprovalVerb.REJECT, actor="ben", message=SECRET
                    )
                    await engine.dispatcher.answer("default", answer.approval.id, given)

    asyncio.run(run())


def pause(db, thread):
    """As an engine that died between its pause and its approval has left it."""
    from tests.ledger.test_pauses import pause as write

    write(db, thread)


def signalbox(*arguments, db, **environment):
    import os

    done = subprocess.run(
        [sys.executable, "-m", "signalbox", *arguments, "--db", db, "--json"],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def found(db, tmp_path):
    """Whether the secret is anywhere in the database, in whatever schema or file."""
    if db.startswith("sqlite"):
        files = [path for path in tmp_path.iterdir() if path.name.startswith("desk")]
        assert len(files) >= 2
        return any(SECRET.encode() in path.read_bytes() for path in files)
    engine = create_engine(db)
    with engine.connect() as connection:
        for schema in inspect(connection).get_schema_names():
            if schema == "information_schema":
                continue
            for table in inspect(connection).get_table_names(schema):
                rows = connection.execute(text(f'SELECT t::text FROM "{schema}"."{table}" t'))
                if any(SECRET in row[0] or SECRET.encode().hex() in row[0] for row in rows):
                    return True
    engine.dispose()
    return False


def test_all_that_somebody_asked_for(db, tmp_path):
    live(db)
    pause(db, "default:T-2:left")
    assert found(db, tmp_path)
    erase = ("erase", "--requester", "ann lee", "--reason", "asked to be forgotten")
    code, result = signalbox(*erase, "--dry-run", db=db)
    assert (code, result["found"], result["erased"]) == (0, 3, 0)
    code, result = signalbox(*erase, db=db)
    assert (code, result["found"], result["erased"]) == (1, 3, 2)
    assert [one["subject"] for one in result["not_yet"]] == ["T-3"]
    assert "reject ends it" in result["not_yet"][0]["why"]
    answer(db, "T-3")
    code, result = signalbox(*erase, db=db)
    assert (code, result["erased"], result["not_yet"]) == (0, 1, [])
    assert result["flushed"]
    assert not found(db, tmp_path)
    code, report = signalbox("audit", "verify", db=db)
    assert (code, report["chain_ok"], report["erasures"], report["decisions"]) == (0, True, 3, 3)
    code, report = signalbox("audit", "replay", db=db)
    assert (code, report["erased"], report["differing"]) == (0, 3, 0)


def answer(db, id):
    async def run():
        async with open_signalbox(Settings(db=db), ScriptedPredictor()) as engine:
            given = ApprovalAnswer(decision=ApprovalVerb.REJECT, actor="ben", message=SECRET)
            waiting = (await engine.look_up("default", id)).approval
            await engine.dispatcher.answer("default", waiting.id, given)

    asyncio.run(run())


def test_one_task_and_bad_usage(tmp_path):
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    live(db)
    code, result = signalbox("erase", "--subject", "T-1", "--reason", "x", "--as", "dpo", db=db)
    assert (code, result["erased"], result["before"]) == (0, 1, 0)
    code, result = signalbox("erase", "--subject", "T-1", "--reason", "x", db=db)
    assert (code, result["erased"], result["before"]) == (0, 0, 1)
    for more in ([], ["--subject", "T-1", "--requester", "x"], ["--subject", "T-9"]):
        done = subprocess.run(
            [sys.executable, "-m", "signalbox", "erase", "--reason", "x", "--db", db, *more],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert "fix:" in done.stderr and "Traceback" not in done.stderr


def test_retention_lets_go_of_what_is_old(db, tmp_path):
    live(db)
    pause(db, "default:T-9:left")
    older(db, 40)
    days = {
        "SIGNALBOX_RETENTION__TEXTS_DAYS": "30",
        "SIGNALBOX_RETENTION__OUTBOX_DAYS": "30",
    }
    code, planned = signalbox("retention", "run", "--dry-run", db=db, **days)
    assert code == 0
    assert (planned["texts"], planned["events"], planned["pauses"]) == (2, 5, 0)
    code, done = signalbox("retention", "run", db=db, **days)
    assert code == 0
    assert (done["texts"], done["events"], done["pauses"]) == (2, 5, 0)
    code, report = signalbox("audit", "verify", db=db)
    assert (code, report["chain_ok"], report["erasures"]) == (0, True, 2), report["problems"]
    assert left(db, "default:T-9:left")
    code, again = signalbox("retention", "run", db=db, **days)
    assert (again["texts"], again["events"]) == (0, 0)


def test_by_default_everything_is_kept(tmp_path):
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    live(db)
    older(db, 4000)
    code, done = signalbox("retention", "run", db=db)
    assert (code, done["texts"], done["events"], done["pauses"]) == (0, 0, 0, 0)


def test_an_engine_lets_go_by_itself_and_keeps_what_waits(db, tmp_path, monkeypatch):
    live(db)
    pause(db, "default:T-9:left")
    older(db, 40)
    given = {"texts_days": 30, "outbox_days": 30, "checkpoint_days": 1}

    async def run():
        settings = Settings(db=db, retention=given)
        async with open_signalbox(settings, ScriptedPredictor()) as engine:
            # As if a day had passed: the pauses were made just now.
            monkeypatch.setattr("signalbox.engine.utc_now", lambda: utc_now() + timedelta(days=2))
            await engine.let_go()
            monkeypatch.setattr("signalbox.engine.utc_now", utc_now)
            waiting = (await engine.look_up("default", "T-3")).approval
            word = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")
            return await engine.dispatcher.answer("default", waiting.id, word)

    decision = asyncio.run(run())
    assert decision.status.value == "decided" and decision.actor == "ben"
    assert not left(db, "default:T-9:left")
    _, report = signalbox("audit", "verify", db=db)
    assert report["chain_ok"] and report["erasures"] == 2


def older(db, days):
    """Move what was decided into the past, and make the chain anew: it is older, too."""
    from signalbox.ledger.store import open_ledger

    ledger = open_ledger(db)
    with ledger._database.write() as connection:
        connection.execute(text("DELETE FROM audit"))
        past = utc_now() - timedelta(days=days)
        for statement in (
            "UPDATE tasks SET received_at = :past",
            "UPDATE decisions SET decided_at = :past",
            "UPDATE outbox SET created_at = :past",
        ):
            connection.execute(text(statement), {"past": _stored(connection, past)})
    while ledger.audit.seal(500):
        pass
    ledger.close()


def _stored(connection, moment):
    return moment if connection.dialect.name == "postgresql" else moment.strftime("%F %T.%f")


def left(db, thread):
    async def run():
        async with open_saver(db) as saver:
            config = {"configurable": {"thread_id": thread}}
            return await saver.inner.aget_tuple(config) is not None

    return asyncio.run(run())
