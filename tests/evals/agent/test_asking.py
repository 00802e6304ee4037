"""Asking: nothing twice, nothing lost, and a clean stop. The endpoint is the scripted server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.consultant import R1Consultant
from evals.agent.answers import Answers
from evals.agent.asking import Asking
from evals.agent.cases import Desk, Rows, select_cases
from evals.scripted.process import ScriptedModel
from signalbox.domain.errors import BadInput, Conflict
from signalbox.parts import read_consultant, read_rules
from signalbox.settings import read_settings
from tests.evals.agent.commands import Make, evaluate, learn
from tests.evals.agent.conftest import DIALECT, TEAMS


def lines(cache: Path) -> int:
    return cache.read_bytes().count(b"\n") if cache.exists() else 0


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_what_was_answered_before_a_kill_is_not_asked_again(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    tmp_path: Path,
    by: signal.Signals,
) -> None:
    endpoint.script(choice="network", delay_s=0.2)
    data, cache = hard_rows(60), tmp_path / "cal-answers.jsonl"
    words = ["learn", "agent", "--data", data, "--label", "team", "--id", "id",
             "--out", tmp_path / "cal", "--model", local_model, "--json"]  # fmt: skip
    run = subprocess.Popen(
        [sys.executable, "-m", "signalbox", *map(str, words)],
        env=os.environ | {"SIGNALBOX_LLM__CONCURRENCY": "4"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A suite that runs in the background has the interrupt ignored, and so would the child.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    ends = time.monotonic() + 60
    while lines(cache) < 10 and time.monotonic() < ends and run.poll() is None:
        time.sleep(0.02)
    run.send_signal(by)
    _, told = run.communicate(timeout=30)
    kept = lines(cache)
    assert 10 <= kept < 120, told
    if by is signal.SIGINT:
        assert run.returncode == 130 and b"goes on from here" in told
    endpoint.reset()
    endpoint.script(choice="network")
    report = learn(data, tmp_path / "cal", "--model", local_model, code=1)
    assert report["reused"] == kept
    assert endpoint.stats()["requests"] == report["requests"] == 120 - kept
    assert report["asked"] == 60 and report["left"] == 0 and report["agreement"] == 1.0
    endpoint.reset()
    endpoint.script(choice="payroll")
    again = learn(data, tmp_path / "cal", "--model", local_model, code=1)
    assert again["accuracy"] == 1.0 and again["cost_usd_now"] == 0 < again["cost_usd"]
    assert endpoint.stats()["requests"] == 0


def test_a_budget_that_runs_out_stops_and_says_how_many_are_left(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIGNALBOX_DB", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("SIGNALBOX_LLM__BUDGET_USD_PER_DAY", "0.09")
    monkeypatch.setenv("SIGNALBOX_LLM__CONCURRENCY", "2")
    endpoint.script(choice="network")
    data = hard_rows(400)
    report = learn(data, tmp_path / "cal", "--model", local_model, code=1)
    assert report["stopped"].startswith("budget:")
    assert 0 < report["asked"] < 400 and report["left"] == 400 - report["asked"]
    assert report["cost_usd_now"] <= 0.09
    assert f"{report['left']} cases left" in report["refusal"] and not report["trusted"]
    assert report["calibration"] is None and not (tmp_path / "cal").exists()
    monkeypatch.delenv("SIGNALBOX_LLM__BUDGET_USD_PER_DAY")
    whole = learn(data, tmp_path / "cal", "--model", local_model)
    assert whole["asked"] == 400 and whole["trusted"]
    assert whole["reused"] >= 2 * report["asked"]


def test_a_host_that_is_down_stops_the_run_and_is_asked_again_by_the_next(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.mode("refuse")
    settings = read_settings()
    rows = Rows(hard_rows(30), "team", id_column="id", model=local_model)
    cases = select_cases(rows, Desk(read_rules(settings), 5)).cases

    def ask() -> tuple[Asking, int]:
        consultant = read_consultant(settings)
        assert isinstance(consultant, R1Consultant)

        async def run() -> tuple[Asking, int]:
            with Answers(tmp_path / "answers.jsonl") as answers:
                asking = Asking(consultant, answers, patience_s=1.0)
                try:
                    heard = await asking.run(cases)
                finally:
                    await consultant.aclose()
            return asking, sum(one.whole for one in heard)

        return asyncio.run(run())

    asking, answered = ask()
    assert asking.stopped.startswith("breaker_open:") and answered == 0
    assert endpoint.stats()["requests"] <= 24  # the breaker saw to it, not the number of cases
    endpoint.mode("up")
    asking, answered = ask()
    assert asking.stopped == "" and answered == 30


def test_failures_of_the_model_are_kept_and_those_of_the_host_are_not(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache, data = tmp_path / "a.jsonl", hard_rows(6)
    more = ("--model", local_model, "--cache", cache)
    monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", endpoint.base_url(DIALECT, "unknown_id"))
    first = evaluate(data, *more)
    assert first["failures"] == {"not_offered": 6} and first["answered"] == 0
    assert first["accuracy"] == 0.0 and first["accuracy_of_answered"] is None
    assert first["refusal"] == "nothing was answered" and first["cost_usd"] > 0
    monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", endpoint.base_url(DIALECT))
    assert evaluate(data, *more)["requests"] == 0
    cache.unlink()
    monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", endpoint.base_url(DIALECT, "status_400"))
    assert evaluate(data, *more)["failures"] == {"bad_request": 6}
    monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", endpoint.base_url(DIALECT))
    assert evaluate(data, *more)["answered"] == 6


def test_a_truth_that_is_not_offered_is_wrong_and_lowers_the_ceiling(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIGNALBOX_LLM__CANDIDATES", "2")
    data = hard_rows(40, lambda number: (*TEAMS, "facilities")[number % 5])
    report = evaluate(data, "--model", local_model, "--samples", 1)
    assert 0.2 < report["ceiling"] < 0.6  # two of four teams are offered, and never the fifth
    assert report["accuracy"] <= report["ceiling"]
    assert any("'facilities'" in note or "facilities" in note for note in report["warnings"])


def test_the_order_of_the_options_is_told_to_matter(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    data = hard_rows(20)
    more = ("--model", local_model, "--stability", 8, "--cache", tmp_path / "a.jsonl")
    endpoint.script(choice="first")
    report = evaluate(data, *more)
    assert report["stability"] == 0.0 and report["stability_n"] == 8
    endpoint.script(choice="network")
    report = evaluate(data, "--model", local_model, "--stability", 8)
    assert report["stability"] == 1.0 and report["samples"] == 2


def test_gates_are_judged_on_the_cautious_end(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.script(choice="network")
    gate = tmp_path / "gate.yaml"
    gate.write_text("accuracy: {min: 0.8}\ncost_per_case: {max: 0.01}\n")
    assert evaluate(hard_rows(40), "--model", local_model, "--gate", gate)["gate"]["passed"]
    gate.write_text("accuracy: {min: 0.95}\n")
    failed = evaluate(hard_rows(40), "--model", local_model, "--gate", gate, code=1)
    assert failed["accuracy"] == 1.0 and not failed["gate"]["passed"]


def test_the_end_of_a_file_may_be_broken_and_nothing_else(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    data, cache = hard_rows(5), tmp_path / "a.jsonl"
    more = ("--model", local_model, "--cache", cache)
    evaluate(data, *more)
    whole = cache.read_bytes()
    assert "please" not in whole.decode() and len(whole.splitlines()) == 10
    cache.write_bytes(whole[:-40])
    assert evaluate(data, *more)["requests"] == 1
    assert lines(cache) == 10 and all(json.loads(line) for line in cache.read_text().splitlines())
    cache.write_bytes(b"{}\n" + whole)
    with pytest.raises(BadInput, match="line 1: not an answer"):
        Answers(cache)
    cache.write_bytes(whole)
    with Answers(cache), pytest.raises(Conflict, match="another run"):
        Answers(cache)
