"""The page on the twin does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from tests.learning.durations.logs import as_csv
from tests.simulation.make import as_log, office

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "simulation.md").read_text("utf-8")


def test_the_example_in_code_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.csv").write_text(as_csv(as_log(office(), 60)), "utf-8")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/simulation.md", "exec"), {})
    assert "interval" in capsys.readouterr().out
    assert (tmp_path / "twin.json").is_file()


def test_the_commands_know_their_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    commands = [line for line in shell.replace("\\\n", " ").splitlines() if line.strip()]
    assert len(commands) == 3
    monkeypatch.chdir(tmp_path)
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command)[1:])
        # Every option is known: what is wrong is that the files are not there.
        assert re.search("No such file|no such file", str(result.exception)), result.output
