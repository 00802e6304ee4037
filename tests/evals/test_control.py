"""``eval routing --online-control``: what a server does with outcomes, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.command import evaluate_folder
from signalbox.cli import app
from signalbox.domain.errors import BadInput
from signalbox.learning.command import learn_to_folder
from tests.learning.conftest import make_table

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
TURNED = {"network": "payroll", "payroll": "network"}


def write(path: Path, seed: int, rows: int, turned: bool = False) -> Path:
    table = make_table(rows, seed)
    lines = ["text,site,team,opened"]
    for i, (text, site, team) in enumerate(
        zip(table.texts or [], table.attributes["site"], table.labels, strict=True)
    ):
        right = TURNED.get(team, team) if turned else team
        lines.append(f"{text},{site},{right},{(START + timedelta(minutes=i)).isoformat()}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("control")
    data = write(folder / "rows.csv", 0, 400)
    learn_to_folder(data, folder / "model", text="text", attributes=("site",), label="team")
    return folder / "model"


def test_the_certificate_decides_until_enough_outcomes_are_in(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "new.csv", 1, 150)
    fixed = evaluate_folder(model, data, label="team")
    control = evaluate_folder(model, data, label="team", time="opened", online_control=True)
    assert (fixed["mode"], control["mode"]) == ("fixed", "online-control")
    for name in ("n", "accuracy", "coverage", "selective_accuracy", "certified_bound"):
        assert control[name] == pytest.approx(fixed[name])
    assert 0 < control["observed_bound"] < 0.2
    json.dumps(control, allow_nan=False)


def test_drift_ends_autonomy_and_no_label_is_learned(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "turned.csv", 2, 400, turned=True)
    fixed = evaluate_folder(model, data, label="team")
    control = evaluate_folder(model, data, label="team", time="opened", online_control=True)
    assert control["accuracy"] == pytest.approx(fixed["accuracy"])
    assert control["autonomy_falls"] >= 1
    assert control["coverage"] < fixed["coverage"] / 2


def test_it_is_one_or_the_other_and_needs_the_time(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "new.csv", 3, 30)
    with pytest.raises(BadInput, match="two different things"):
        evaluate_folder(model, data, label="team", time="opened", online=True, online_control=True)
    given = ["--model", str(model), "--data", str(data), "--label", "team", "--online-control"]
    told = CliRunner().invoke(app, ["eval", "routing", *given])
    assert told.exit_code != 0
    told = CliRunner().invoke(app, ["eval", "routing", *given, "--time", "opened", "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["mode"] == "online-control"
