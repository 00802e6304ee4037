"""The command from a file to its figures, and the logs it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.domain.errors import BadInput
from tests.learning.durations.logs import as_csv, made_up
from tests.shared_data import shared

NAMED = ["--case", "case", "--activity", "activity", "--timestamp", "time"]
TAX = ["--case", "CaseID", "--activity", "ActivityID", "--timestamp", "CompleteTimestamp"]


def run(what: str, log: Path, *options: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["predict", what, "--log", str(log), *options, "--json"])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs") / "log.csv"
    path.write_text(as_csv(made_up(300)))
    return path


def test_remaining_beats_its_baseline_and_covers(log: Path) -> None:
    result = run("remaining", log, *NAMED, "--sla-days", "3")
    assert (result["cases"], result["cases_trained"], result["cases_evaluated"]) == (300, 200, 100)
    assert result["mae_days"] < result["baseline"]
    low, high = result["mae_days_interval"]
    assert low < result["mae_days"] < high
    assert 0.82 <= result["interval_coverage"] <= 0.97
    assert result["sla"]["brier"] < result["sla"]["brier_baseline"]
    assert result["sla"]["auroc"] > 0.7


def test_next_with_starts_tells_waiting_and_processing(log: Path) -> None:
    result = run("next", log, *NAMED, "--start", "begun", "--resource", "who")
    assert result["accuracy"] > 0.5
    assert result["interval_coverage"] == result["next_time"]["interval_coverage"]
    assert result["processing"]["mae_days"] == pytest.approx(0.0, abs=1e-6)
    assert result["waiting"]["mae_days"] > 0


def test_the_same_log_gives_the_same_figures_in_any_order_of_rows(
    log: Path, tmp_path: Path
) -> None:
    header, *rows = log.read_text().splitlines()
    other = tmp_path / "log.csv"
    other.write_text("\n".join([header, *reversed(rows)]) + "\n")
    one, two = (run("remaining", path, *NAMED) for path in (log, other))
    assert one["mae_days"] == two["mae_days"]
    assert one["interval_coverage"] == two["interval_coverage"]


def test_prose_for_people(log: Path) -> None:
    result = CliRunner().invoke(app, ["predict", "remaining", "--log", str(log), *NAMED])
    assert result.exit_code == 0
    assert "mae days" in result.stdout and "note:" not in result.stdout


@pytest.mark.parametrize(
    ("cases", "told"), [(10, "10 cases are too few"), (60, "have no third event")]
)
def test_logs_without_enough_to_learn_from_are_refused(
    tmp_path: Path, cases: int, told: str
) -> None:
    path = tmp_path / "log.csv"
    rows = [f"{i},x,2026-01-01 00:00:{i:02}" for i in range(cases)]
    path.write_text("case,activity,time\n" + "\n".join(rows) + "\n")
    with pytest.raises(BadInput, match=told):
        run("next", path, *NAMED)


@pytest.mark.shared
@pytest.mark.slow
def test_helpdesk_is_ahead_of_the_published_figures() -> None:
    path = shared("logs/tax_helpdesk.csv.gz")
    remaining = run("remaining", path, *TAX)
    assert remaining["mae_days"] <= 3.74
    assert 0.88 <= remaining["interval_coverage"] <= 0.92
    following = run("next", path, *TAX)
    assert following["accuracy"] >= 0.722
    assert 0.88 <= following["interval_coverage"] <= 0.92


@pytest.mark.shared
@pytest.mark.slow
def test_incidents_are_ahead_of_the_figure_asked_for() -> None:
    remaining = run("remaining", shared("logs/tax_bpi_13_incidents.csv.gz"), *TAX)
    assert remaining["mae_days"] <= 2.64
    assert 0.88 <= remaining["interval_coverage"] <= 0.92
