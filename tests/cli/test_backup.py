"""Backup and restore: what is restored verifies, and what waited in it can be answered."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import zipfile

import pytest
from sqlalchemy import create_engine, make_url, text

from signalbox.app import open_signalbox
from signalbox.backup import backup, restore
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.errors import BadInput, Conflict
from signalbox.domain.task import Task
from signalbox.ledger.store import open_ledger
from signalbox.settings import Settings
from tests.cli.test_retention import live, signalbox
from tests.doubles import ScriptedPredictor


def at(folder, name="desk"):
    return Settings(db=f"sqlite:///{folder / name}.db")


@pytest.fixture
def lived(tmp_path):
    settings = at(tmp_path)
    live(settings.db)
    return settings


def answer_all(settings):
    """Approve whatever waits; how many are decided by it, and how many are refused."""

    async def run():
        counts = {}
        async with open_signalbox(settings, ScriptedPredictor()) as engine:
            for one in engine.ledger.approvals(None, state=ApprovalState.WAITING, limit=10_000):
                given = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="cat")
                decision = await engine.dispatcher.answer("default", one.id, given)
                counts[decision.status.value] = counts.get(decision.status.value, 0) + 1
        return counts

    return asyncio.run(run())


def test_there_and_back(lived, tmp_path):
    code, made = signalbox("backup", str(tmp_path / "one.zip"), db=lived.db)
    assert (code, made["chain_ok"], made["decisions"]) == (0, True, 2)
    assert (tmp_path / "one.zip").stat().st_mode & 0o077 == 0
    elsewhere = at(tmp_path, "elsewhere")
    code, put = signalbox("restore", str(tmp_path / "one.zip"), db=elsewhere.db)
    assert (code, put["chain_ok"], put["restored"], put["head"]) == (0, True, True, made["head"])
    assert answer_all(elsewhere) == {"decided": 1}
    _, report = signalbox("audit", "verify", "--expect-head", made["head"], db=elsewhere.db)
    assert report["chain_ok"] and report["decisions"] == 3


def test_nothing_is_written_over_unless_told(lived, tmp_path):
    backup(lived, tmp_path / "one.zip")
    with pytest.raises(BadInput, match="there already"):
        backup(lived, tmp_path / "one.zip")
    assert answer_all(lived) == {"decided": 1}
    with pytest.raises(BadInput, match="there already"):
        restore(lived, tmp_path / "one.zip", force=False)
    assert restore(lived, tmp_path / "one.zip", force=True)["restored"]
    # As it was at the backup: what was answered since waits again, and can be answered again.
    assert answer_all(lived) == {"decided": 1}


def test_what_is_in_use_is_left_alone(lived, tmp_path):
    backup(lived, tmp_path / "one.zip")
    ledger = open_ledger(lived.db)
    ledger.ping()
    with pytest.raises(Conflict, match="in use"):
        restore(lived, tmp_path / "one.zip", force=True)
    assert ledger.find_task("default", "T-1")
    ledger.close()
    assert restore(lived, tmp_path / "one.zip", force=True)["restored"]


def test_what_was_changed_before_the_backup_is_told(lived, tmp_path):
    ledger = open_ledger(lived.db)
    with ledger._database.write() as connection:
        connection.execute(text("UPDATE decisions SET actor = 'mallory'"))
    ledger.close()
    assert not backup(lived, tmp_path / "one.zip")["chain_ok"]
    elsewhere = at(tmp_path, "elsewhere")
    code, put = signalbox("restore", str(tmp_path / "one.zip"), db=elsewhere.db)
    assert (code, put["chain_ok"], put["restored"]) == (1, False, False)
    assert not (tmp_path / "elsewhere.db").exists()
    code, put = signalbox("restore", "--force", str(tmp_path / "one.zip"), db=elsewhere.db)
    assert (code, put["restored"]) == (1, True)


def spoilt(path, how):
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-3000])
    elif how == "else":
        path.write_text("not a backup")
    elif how in ("swapped", "newer", "empty"):
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(parts["manifest.json"])
        if how == "swapped":
            parts["ledger.db"] = parts["ledger.db"][:-1] + b"x"
        if how == "newer":
            manifest["format"] = 2
        if how == "empty":
            manifest["files"] = {}
        parts["manifest.json"] = json.dumps(manifest).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)


@pytest.mark.parametrize("how", ["gone", "cut", "else", "swapped", "newer", "empty"])
def test_what_is_no_backup_is_refused_and_nothing_is_touched(lived, tmp_path, how):
    backup(lived, tmp_path / "one.zip")
    spoilt(tmp_path / "one.zip", how)
    before = (tmp_path / "desk.db").read_bytes()
    with pytest.raises(BadInput):
        restore(lived, tmp_path / "one.zip", force=True)
    assert (tmp_path / "desk.db").read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "url", ["sqlite:///:memory:", "sqlite:///absent.db", "postgresql+psycopg://x@127.0.0.1/x"]
)
def test_what_cannot_be_backed_up_is_told_with_the_way_out(url, tmp_path):
    with pytest.raises(BadInput) as told:
        backup(Settings(db=url), tmp_path / "one.zip")
    assert told.value.hint
    assert not list(tmp_path.iterdir())


def test_a_backup_of_a_desk_at_work_is_of_one_moment(tmp_path):
    """Whatever waits in a copy has its pause in it, however much goes on meanwhile."""
    settings = at(tmp_path)

    async def work(engine, over):
        n = 0
        while not over.is_set():
            n += 1
            answer = await engine.dispatcher.decide(Task(id=f"T-{n}", text="nobody"))
            if n % 3:
                given = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")
                await engine.dispatcher.answer("default", answer.approval.id, given)
        return n

    async def run():
        async with open_signalbox(settings, ScriptedPredictor()) as engine:
            over = asyncio.Event()
            working = asyncio.create_task(work(engine, over))
            for n in range(12):
                await asyncio.sleep(0.05)
                await asyncio.to_thread(backup, settings, tmp_path / f"{n}.zip")
            over.set()
            return await working

    assert asyncio.run(run()) > 12
    waited = 0
    for n in range(12):
        elsewhere = at(tmp_path, f"back-{n}")
        assert restore(elsewhere, tmp_path / f"{n}.zip", force=False)["chain_ok"]
        counts = answer_all(elsewhere)
        assert set(counts) <= {"decided"}, "denied means that a pause was missing"
        waited += counts.get("decided", 0)
    assert waited > 5


@pytest.mark.skipif(not shutil.which("pg_dump"), reason="pg_dump is not installed")
def test_on_postgresql_a_dump_does(postgres_database, postgres_url, tmp_path):
    live(postgres_database)
    _, noted = signalbox("audit", "head", db=postgres_database)
    plain = make_url(postgres_database).set(drivername="postgresql").render_as_string(False)
    dump = tmp_path / "desk.dump"
    version = subprocess.run(["pg_dump", "--version"], capture_output=True, text=True).stdout
    made = subprocess.run(["pg_dump", "-Fc", "-f", dump, plain], capture_output=True, text=True)
    if "version mismatch" in made.stderr:
        pytest.skip(f"{version.strip()} does not know this server")
    assert made.returncode == 0, made.stderr
    name = f"{make_url(postgres_database).database}_back"
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        back = make_url(postgres_database).set(database=name)
        target = back.set(drivername="postgresql").render_as_string(False)
        put = subprocess.run(["pg_restore", "-d", target, dump], capture_output=True, text=True)
        assert put.returncode == 0, put.stderr
        restored = back.render_as_string(False)
        code, report = signalbox("audit", "verify", "--expect-head", noted["head"], db=restored)
        assert (code, report["chain_ok"], report["decisions"]) == (0, True, 2)
        assert answer_all(Settings(db=restored)) == {"decided": 1}
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        server.dispose()


def test_the_command_line_says_what_is_wrong(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "signalbox",
            "restore",
            str(tmp_path / "no"),
            "--db",
            at(tmp_path).db,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "fix:" in done.stderr
