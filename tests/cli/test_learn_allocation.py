"""A policy is tuned, written, and read by an engine that gives out tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.live_policy import read_policy
from tests.simulation.make import desk, fork, written


def learn(*options: str):
    return CliRunner().invoke(app, ["learn", "allocation", *options, "--json"])


def test_what_is_tuned_is_on_file_and_can_be_read(tmp_path: Path) -> None:
    out = tmp_path / "policy.json"
    scenario = str(written(tmp_path, desk()))
    found = learn("--scenario", scenario, "--out", str(out), "--tune-seconds", "1", "--cases", "60")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert set(told["mean_cycle"]) == {"fifo", "spt", "index"}
    policy = read_policy(out)
    assert policy.digest == told["policy"] and len(policy.activities) == told["activities"]
    name = next(iter(policy.activities))
    assert (policy.blocks(f"desk/{name}") == policy.blocks(name)).all()
    assert (policy.blocks("never seen") == policy.usual).all()


@pytest.mark.parametrize("name", [[], ["--name", "none"]])
def test_of_several_processes_one_has_to_be_named(tmp_path: Path, name: list[str]) -> None:
    path = written(tmp_path, {"fork": fork(), "other": fork()})
    found = learn("--scenario", str(path), "--out", str(tmp_path / "p.json"), *name)
    assert found.exit_code != 0 and isinstance(found.exception, BadInput)
    assert "fork, other" in found.exception.hint
    assert not (tmp_path / "p.json").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value.update(version=2), "version 2 is not 1"),
        (lambda value: value.update(usual=[1.0]), "usual: is not 3 finite numbers"),
        (lambda value: value["shared"].pop("speed"), "shared: is not speed, "),
        (lambda value: value["activities"].update(x=[1, 2, True]), "activities.x"),
        (lambda value: value.clear(), "is no allocation policy"),
    ],
)
def test_a_policy_that_cannot_be_used_is_named(tmp_path: Path, change, words: str) -> None:
    from signalbox.learning.allocation.live_policy import LivePolicy

    path = tmp_path / "policy.json"
    LivePolicy().save(path)
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    with pytest.raises(BadInput, match=words):
        read_policy(path)
