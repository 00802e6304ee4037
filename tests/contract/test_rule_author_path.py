"""docs/rules-path.md, run as it stands: from a copy of the rules in force to a new version."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from signalbox.app import open_signalbox
from signalbox.domain.base import utc_now
from signalbox.domain.task import Task
from signalbox.ledger.store import open_ledger
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "rules-path.md").read_text("utf-8")
COPY, BREAK, CORRECT, FIX, DIFF, SHADOW, STATUS, ACTIVATE, BACK = range(9)
BAD_TABLE, FAILING_CASE = range(2)
AMOUNTS = (10, 4_999.99, 5_000, 7_500, 12_000)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Author:
    """Somebody at a shell in a folder of their own."""

    def __init__(self, folder: Path, db: str) -> None:
        self.folder, self.db = folder, db
        (folder / "desk.yaml").write_text(blocks("yaml")[0], "utf-8")
        (folder / "amounts.csv").write_text(blocks("csv")[0], "utf-8")

    def runs(self, block: int, **more: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "SIGNALBOX_DB": self.db,
            "SIGNALBOX_RULES": "desk.yaml",
            **more,
        }
        return subprocess.run(
            ["sh", "-ec", blocks("sh")[block]],
            cwd=self.folder,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def succeeds(self, block: int, **more: str) -> str:
        done = self.runs(block, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, block: int, exit_code: int) -> str:
        done = self.runs(block)
        assert done.returncode == exit_code, done.stdout
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


async def posts(engine, day: str):
    """A task for each amount; what came of each."""
    found = []
    for number, amount in enumerate(AMOUNTS):
        task = Task(id=f"{day}-{number}", text="network down", attributes={"amount": str(amount)})
        answer = await engine.dispatcher.submit(task, 5.0)
        found.append(answer.decision or answer.approval.draft)
    return found


async def walk(author: Author) -> None:
    settings = Settings(db=author.db, rules=author.folder / "desk.yaml", rules_check_s=0.05)

    def step(block: int, **more: str):
        return asyncio.to_thread(author.succeeds, block, **more)

    async def taken_up(digest: str | None = None, shadow: str | None = None) -> None:
        async with asyncio.timeout(30):
            while True:
                report = engine.keeper.report()
                if digest in (None, report["digest"]) and shadow == report["shadow"]:
                    return
                await asyncio.sleep(0.02)

    async with open_signalbox(settings, ScriptedPredictor()) as engine:
        versions = engine.ledger.rule_versions
        old = engine.rules.pin().digest
        week = await posts(engine, "monday")
        assert [one.status.value for one in week] == ["decided"] * 4 + ["waiting"]

        copied = await step(COPY)
        assert copied.split() == ["new/desk.yaml", "new/amounts.csv"]
        linted = await asyncio.to_thread(author.fails, BREAK, 1)
        assert linted == blocks("text")[BAD_TABLE]
        refused = await asyncio.to_thread(author.fails, CORRECT, 2)
        assert refused.startswith(blocks("text")[FAILING_CASE].rstrip())
        assert versions.newest("routing", 10)[0].digest == old
        assert "is stored as a draft" in await step(FIX)
        (new,) = [one.digest for one in versions.newest("routing", 10) if one.digest != old]

        # What was recorded: the task that waits is no decision yet.
        told = await step(DIFF)
        assert "4 compared, 2 changed: guards of 2 tighter, of 0 laxer" in told
        for subject in ("monday-2", "monday-3"):
            assert f"{subject}: guard allow -> require_approval; by large" in told
        assert engine.rules.pin().digest == old

        assert "is in shadow" in await step(SHADOW)
        await taken_up(old, shadow=new)
        tuesday = await posts(engine, "tuesday")
        assert [one.status for one in tuesday] == [one.status for one in week]
        assert {one.trace.rules_digest for one in tuesday} == {old}
        async with asyncio.timeout(30):
            while sum(count.compared for count in versions.shadow_counts("routing")) < 5:
                await asyncio.sleep(0.02)
        told = await step(STATUS)
        assert "2 of 5 differ (guard 2, forced 0, allowed 0, fallback 0)" in told
        assert "tuesday-3: guard by large" in told

        assert "is active" in await step(ACTIVATE)
        await taken_up(new)
        wednesday = await posts(engine, "wednesday")
        assert {one.trace.rules_digest for one in wednesday} == {new}
        assert [one.status.value for one in wednesday] == ["decided"] * 2 + ["waiting"] * 3

        told = await step(BACK, DECISION_ID=wednesday[3].id)
        assert "fired   large: require_approval" in told
        assert "yes amount ge 5000" in told
        assert "agreed with finance" in told
        await taken_up(old)
        thursday = await posts(engine, "thursday")
        assert {one.trace.rules_digest for one in thursday} == {old}
        # Whatever became of them since, every digest still leads to its text.
        for digest, amount in ((old, "10000"), (new, "5000")):
            assert f">={amount}" in versions.find("routing", digest).files["amounts.csv"]
        events = [one.type for one in engine.ledger.events(0, 1000) if one.type[:6] == "rules."]
        assert events == ["rules.drafted", "rules.shadowed", "rules.activated", "rules.retired"]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_path_of_a_new_rule_runs_as_the_page_says(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RULES", "FALLBACK_TEAM"):
        monkeypatch.delenv(f"SIGNALBOX_{name}", raising=False)
    if database == "sqlite":
        db = f"sqlite:///{tmp_path / 'desk.db'}"
    else:
        db = request.getfixturevalue("postgres_schema")
    asyncio.run(walk(Author(tmp_path, db)))


def test_a_week_is_as_long_as_the_page_says(tmp_path: Path) -> None:
    """The decisions of the walk are minutes old: that older ones count is shown on the ledger."""
    from tests.ledger.make import a_decision, a_task

    ledger = open_ledger(f"sqlite:///{tmp_path / 'desk.db'}")
    for days in (6, 8):
        subject = f"T-{days}"
        moment = utc_now() - timedelta(days=days)
        decision = a_decision(subject).model_copy(update={"decided_at": moment})
        ledger.commit(a_task(subject), decision)
    found = ledger.rule_versions.recorded("routing", utc_now() - timedelta(days=7), 10)
    assert [one.subject for one in found] == ["T-6"]
    ledger.close()


def test_the_page_has_the_blocks_this_file_runs() -> None:
    assert len(blocks("sh")) == 9
