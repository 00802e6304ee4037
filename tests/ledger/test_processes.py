from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from signalbox.domain.enums import TaskState
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import a_decision, a_task

ROOT = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.child", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_processes_commit_one_decision_per_subject(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    count, go = 30, tmp_path / "go"
    racers = [start("race", url, name, str(go), str(count)) for name in ("cards", "loans")]
    assert [line(racer) for racer in racers] == ["ready", "ready"]
    go.touch()
    heard = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert len(heard[0]) == count
    assert heard[0] == heard[1]
    kept = {one.subject: one.option for one in ledger.decisions("default", limit=1000)}
    assert kept == {f"T-{number}": option for number, option in enumerate(heard[0])}
    assert sorted(event.subject for event in ledger.events(0, 1000)) == sorted(kept)


@pytest.mark.parametrize("table", ["decisions", "outbox"])
def test_killed_inside_a_commit_nothing_is_there(ledger: SqlLedger, url: str, table: str) -> None:
    child = start("halt", url, table)
    assert line(child) == "inside"
    child.kill()
    child.communicate(timeout=10)
    assert ledger.find_task("default", "T-1") is None
    assert ledger.latest_decision("default", "T-1") is None
    assert ledger.events(0, 10) == []
    assert ledger.commit(a_task(), a_decision()) == a_decision()


def test_killed_at_any_moment_decision_and_event_agree(ledger: SqlLedger, url: str) -> None:
    told: list[str] = []
    for pause in (0.0, 0.013):
        child = start("stream", url)
        told += [line(child) for _ in range(5)]
        time.sleep(pause)
        child.kill()
        rest, _ = child.communicate(timeout=10)
        told += [word for word in rest.splitlines(keepends=True) if word.endswith("\n")]
    decided = {one.subject for one in ledger.decisions("default", limit=100_000)}
    assert {word.strip() for word in told} <= decided
    events = [event.subject for event in ledger.events(0, 100_000)]
    assert sorted(events) == sorted(decided)
    for subject in decided:
        assert ledger.find_task("default", subject) == (a_task(subject), TaskState.ROUTED)
