"""``simulate`` end to end: a scenario, the twin of a log, and what if."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from tests.learning.durations.logs import as_csv
from tests.simulation.make import as_log, desk, fork, office, written

KEYS = {
    "mean_cycle",
    "mean_wait",
    "utilisation",
    "cost",
    "manual_touches_per_1000",
    "sla_misses",
    "intervals",
}
FEW = ["--cases", "80", "--episodes", "4", "--jobs", "1", "--json"]
COLUMNS = [
    *("--case", "case", "--activity", "activity", "--timestamp", "time"),
    *("--start", "begun", "--resource", "who"),
]


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["simulate", *arguments, *FEW])
    assert result.exit_code == 0, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_scenario_is_simulated_and_changed(tmp_path: Path) -> None:
    path = str(written(tmp_path, desk()))
    found = run("--scenario", path, "--what-if", "staff=2", "--what-if", "policy=spt")
    assert set(found) >= KEYS and set(found["what_if"]) >= KEYS
    assert found["intervals"]["mean_cycle"][0] < found["mean_cycle"]
    assert found["sla_misses"] is None, "nobody has set a deadline"
    assert found["manual_touches_per_1000"] > 1000
    assert found["what_if"]["policy"] == "spt"
    change = found["what_if"]["differences"]["mean_wait"]
    assert change["interval"][0] < change["difference"] < change["interval"][1]
    assert change["difference"] == pytest.approx(found["what_if"]["mean_wait"] - found["mean_wait"])


def test_deadlines_and_costs_stand_in(tmp_path: Path) -> None:
    path = str(written(tmp_path, desk()))
    one = run("--scenario", path, "--deadline-hours", "2", "--cost-per-hour", "1")
    two = run("--scenario", path, "--deadline-hours", "4", "--cost-per-hour", "3")
    assert 0 < two["sla_misses"] < one["sla_misses"] < 1
    assert two["cost"] == pytest.approx(3 * one["cost"])


def test_instant_activities_are_nobodys_work(tmp_path: Path) -> None:
    found = run("--scenario", str(written(tmp_path, {"fork": fork()})))
    assert found["manual_touches_per_1000"] == pytest.approx(2000)


def test_the_twin_of_a_log_is_fitted_saved_and_taken_up_again(tmp_path: Path) -> None:
    log, twin = tmp_path / "log.csv", tmp_path / "twin.json"
    log.write_text(as_csv(as_log(office(), 150)), "utf-8")
    found = run("--log", str(log), *COLUMNS, "--out", str(twin))
    assert set(found) >= KEYS
    assert set(found["fit"]) >= {"distance", "noise", "drift", "real", "twin"}
    assert found["log"]["cases"] == 150
    again = run("--scenario", str(twin))
    assert again["mean_cycle"] == pytest.approx(found["mean_cycle"], rel=0.02)
    assert again["name"] == found["name"] == "log"
    prose = CliRunner().invoke(app, ["simulate", "--scenario", str(twin), *FEW[:-1]])
    assert prose.exit_code == 0 and "mean cycle" in prose.stdout


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ([], "--scenario"),
        (["--scenario", "SCENARIO", "--log", "x.csv"], "one of"),
        (["--log", "x.csv"], "columns"),
        (["--scenario", "SCENARIO", "--out", "x.json"], "--out"),
        (["--scenario", "SCENARIO", "--policy", "best"], "best"),
        (["--scenario", "SCENARIO", "--what-if", "policy=best"], "best"),
        (["--scenario", "SCENARIO", "--what-if", "remove=eve"], "eve"),
        (["--scenario", "SCENARIO", "--name", "other"], "other"),
        (["--scenario", "absent.json"], "absent.json"),
        (["--log", "absent.csv", *COLUMNS], "absent.csv"),
        (["--log", "absent.csv", *COLUMNS, "--out", "no/where.json"], "no such folder"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, options: list[str], word: str) -> None:
    path = str(written(tmp_path, desk()))
    given = [path if option == "SCENARIO" else option for option in options]
    result = CliRunner().invoke(app, ["simulate", *given])
    assert result.exit_code != 0
    assert word in (result.output + str(result.exception))
    assert not list(tmp_path.glob("*.json.new"))
