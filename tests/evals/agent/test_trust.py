"""From labelled cases to a certificate, or a refusal; the endpoint is the scripted server."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from agents import prompt as prompts
from agents.consultant import R1Consultant
from evals.agent.cases import Desk, Rows, select_cases
from evals.scripted.process import ScriptedModel
from signalbox.domain.consultation import Consulted
from signalbox.parts import read_consultant, read_rules
from signalbox.settings import read_settings
from tests.evals.agent.commands import Make, evaluate, learn
from tests.evals.agent.conftest import TEAMS

NAME = "scripted/DeepSeek-R1"


def consult(data: Path, model: Path, calibrations: Path) -> Consulted:
    """What the engine's own consultant makes of the first hard case of ``data``."""
    settings = read_settings()
    settings.llm.calibrations = calibrations
    consultant = read_consultant(settings)
    assert isinstance(consultant, R1Consultant)
    rows = Rows(data, "team", id_column="id", model=model, limit=1)
    (case,) = select_cases(rows, Desk(read_rules(settings), settings.llm.candidates)).cases

    async def ask() -> Consulted:
        try:
            return await consultant.consult(case.question)
        finally:
            await consultant.aclose()

    return asyncio.run(ask())


def test_a_faultless_script_is_certified_and_its_calibration_is_found(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.script(choice="network")
    report = learn(hard_rows(100), tmp_path / "cal", "--model", local_model)
    assert report["trusted"] and report["refusal"] == "" and report["missing"] == 0
    assert report["asked"] == report["answered"] == 100 and report["left"] == 0
    assert report["cases"] == "hard" and report["passed_over"] == {}
    assert report["accuracy"] == report["ceiling"] == report["agreement"] == 1.0
    assert report["accuracy_interval"][0] < 1
    assert report["lead"] == pytest.approx(1 - report["local_accuracy"])
    assert report["certified_bound"] <= 0.05 and report["accepted"] >= 59
    assert report["model"] == NAME and report["dialect"] == "vllm"
    assert report["prompt_version"].startswith("routing-1@")
    assert report["verdict"].startswith(f"{NAME} may act alone on routing where")
    assert any("speak of no model" in note for note in report["warnings"])
    assert report["cost_usd"] > 0
    assert report["cost_per_case"] == pytest.approx(report["cost_usd"] / 100)
    assert 0 < report["p50_ms"] <= report["p95_ms"] <= report["p99_ms"]
    assert Path(report["calibration"]).parent == tmp_path / "cal"
    found = consult(hard_rows(5, seed=9), local_model, tmp_path / "cal")
    assert found.proposal is not None, found.note
    assert found.proposal.certified and found.proposal.option == "network"
    assert found.proposal.model == NAME and found.samples == 2


def test_applied_to_new_rows_a_calibration_is_not_fitted_again(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.script(choice="network")
    folder = tmp_path / "cal"
    saved = Path(learn(hard_rows(95), folder, "--model", local_model)["calibration"])
    before = saved.read_bytes()
    more = ("--model", local_model, "--calibrations", folder)
    kept = evaluate(hard_rows(30, seed=2), *more)
    assert kept["trusted"] and kept["coverage"] == kept["selective_accuracy"] == 1.0
    assert kept["observed_bound"] == pytest.approx(1 - 0.05 ** (1 / 30))
    assert kept["calibration"] == str(saved)
    broken = evaluate(hard_rows(30, lambda number: TEAMS[number % 4], seed=3), *more)
    assert not broken["trusted"] and "speaks against" in broken["refusal"]
    assert broken["errors"] == 22 and "may only propose" in broken["verdict"]
    assert saved.read_bytes() == before
    single = evaluate(hard_rows(30, seed=2), *more, "--samples", 1)
    assert "calibrated for 2 sample(s) a case, not 1" in single["refusal"]
    without = evaluate(hard_rows(30, seed=2), "--model", local_model)
    assert "not calibrated" in without["refusal"] and without["ece"] is None


def test_a_coin_is_never_certified(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.script(choice=["network", "payroll"])
    rng = random.Random(5)
    data = hard_rows(120, lambda number: rng.choice(("network", "payroll")))
    report = learn(data, tmp_path / "cal", "--model", local_model)
    assert not report["trusted"] and report["threshold"] is None
    assert report["missing"] > 0 and str(report["missing"]) in report["refusal"]
    assert "may only propose" in report["verdict"]
    assert report["verbalised_ece"] > 0.2  # "likely" is no coin
    found = consult(data, local_model, tmp_path / "cal")
    assert found.proposal is not None and found.proposal.doubt
    assert not found.proposal.certified and found.samples == 1


def test_too_few_cases_say_how_many_are_missing_and_save_nothing(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.script(choice="network")
    report = learn(hard_rows(40), tmp_path / "cal", "--model", local_model, code=1)
    assert report["missing"] == 49 and "49 too few" in report["refusal"]
    assert report["calibration"] is None and not (tmp_path / "cal").exists()


def test_all_cases_are_certified_for_all_cases_only(
    endpoint: ScriptedModel, local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    endpoint.script(choice="network")
    data = hard_rows(100)
    data.write_text(f"{data.read_text()}INC-blank, ,payroll\n")
    report = learn(data, tmp_path / "cal")
    assert report["cases"] == "all" and report["threshold"] is not None
    assert report["local_accuracy"] is None and report["lead"] is None
    assert report["asked"] == 100 and report["passed_over"] == {"nothing to go by": 1}
    assert not report["trusted"] and "these are all cases" in report["verdict"]
    assert Path(report["calibration"]).name.startswith("agent-all-")
    found = consult(data, local_model, tmp_path / "cal")
    assert found.proposal is not None and not found.proposal.calibrated


def test_another_prompt_is_not_calibrated(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint.script(choice="network")
    learn(hard_rows(95), tmp_path / "cal", "--model", local_model)
    changed = tmp_path / "prompts"
    changed.mkdir()
    text = (prompts.PROMPTS / "routing-1.md").read_text()
    (changed / "routing-1.md").write_text(text.replace("You help", "You often help"))
    monkeypatch.setattr(prompts, "PROMPTS", changed)
    prompts.fixed_part.cache_clear()
    try:
        data = hard_rows(20, seed=2)
        report = evaluate(data, "--model", local_model, "--calibrations", tmp_path / "cal")
        found = consult(data, local_model, tmp_path / "cal")
    finally:
        prompts.fixed_part.cache_clear()
    assert not report["trusted"] and "not calibrated for prompt routing-1@" in report["refusal"]
    assert found.proposal is not None and not found.proposal.calibrated


def test_a_host_with_several_names_is_not_fitted(
    endpoint: ScriptedModel,
    local_model: Path,
    hard_rows: Make,
    tmp_path: Path,
) -> None:
    endpoint.script(choice="network")
    data, cache = hard_rows(95), tmp_path / "answers.jsonl"
    learn(data, tmp_path / "cal", "--model", local_model, "--cache", cache)
    lines = cache.read_text().splitlines()
    lines[7] = lines[7].replace(NAME, "scripted/another")
    cache.write_text("\n".join(lines) + "\n")
    more = ("--model", local_model, "--cache", cache)
    report = learn(data, tmp_path / "new", *more, code=1)
    assert "named several models" in report["refusal"] and report["model"] is None
    assert report["models"] == {NAME: 189, "scripted/another": 1}
    assert report["calibration"] is None and report["requests"] == 0
