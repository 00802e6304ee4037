"""The benchmark of running cases, on a log made up by chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.benchmarks.running_cases import main
from tests.learning.durations.logs import as_csv, made_up


def test_running_cases_are_judged_by_what_became_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.csv"
    path.write_text(as_csv(made_up(300)))
    options = ["--log", str(path), "--columns", "case,activity,time", "--sla-days", "4"]
    assert main(options) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["predictions"] > 100
    assert 0.75 <= found["interval_coverage"] <= 1.0
    assert 0 < found["breached"] < 1
    assert found["brier"] < found["brier_usual_share"]
    assert found["mae_days"] < 3
