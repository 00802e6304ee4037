"""``bench allocation`` end to end on a made-up scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from tests.simulation.make import desk, fork, written

KEYS = {
    "mean_cycle",
    "ci95",
    "mean_wait",
    "p95_cycle",
    "utilisation",
    "unfinished",
    "decisions_per_second",
}


def test_every_policy_is_measured_on_every_scenario(tmp_path: Path) -> None:
    first = written(tmp_path, desk(), "desk.json")
    second = written(tmp_path, {"fork": fork()}, "fork.json")
    options = "--episodes 3 --cases 80 --tune-seconds 1 --jobs 1 --json"
    state = tmp_path / "state"
    files = ["--scenario", str(first), str(second), "--state", str(state)]
    result = CliRunner().invoke(app, ["bench", "allocation", *files, *options.split()])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found["scenarios"]) == {"desk", "fork"}
    for policies in found["scenarios"].values():
        assert set(policies) == {"random", "fifo", "spt", "index"}
        for figures in policies.values():
            assert set(figures) >= KEYS
            assert figures["unfinished"] == 0
            low, high = figures["ci95"]
            assert low < figures["mean_cycle"] < high
    assert len(list(state.iterdir())) == 2


def test_learned_means_and_load_are_taken(tmp_path: Path) -> None:
    path = written(tmp_path, desk())
    options = "--episodes 2 --cases 60 --tune-seconds 1 --policy spt,index --means learned"
    files = ["--scenario", str(path), "--load", "0.5", "--json"]
    result = CliRunner().invoke(app, ["bench", "allocation", *files, *options.split()])
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)["scenarios"]["desk"]) == {"spt", "index"}


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--policy", "best"], "best"), (["--means", "guessed"], "guessed"), ([], "scenario")],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, options: list[str], word: str) -> None:
    files = ["--scenario", str(written(tmp_path, desk()))] if options else []
    result = CliRunner().invoke(app, ["bench", "allocation", *files, *options])
    assert result.exit_code != 0
    assert word in (result.output + str(result.exception))
