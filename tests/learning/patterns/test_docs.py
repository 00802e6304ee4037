"""The worked example of docs/mining.md does what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/mining.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a ``signalbox`` on the path, as an installation has."""
    script = tmp_path / "bin" / "signalbox"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m signalbox "$@"\n')
    script.chmod(0o755)
    return tmp_path


def test_the_example_runs_from_the_log_to_the_check(folder: Path) -> None:
    shell = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0]
    python = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    for command in (["sh", "-ec", shell], [sys.executable, "-c", python]):
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
    written = (folder / "template.yaml").read_text()
    assert "start -> open -> loop@1 -> check -> loop@1.end -> close -> end" in written


def test_every_option_of_the_command_stands_on_the_page() -> None:
    import typer.main

    from signalbox.cli import app

    command = typer.main.get_command(app).commands["mine"]  # type: ignore[attr-defined]
    options = {name for one in command.params for name in one.opts if name.startswith("--")}
    assert {name for name in options - {"--help"} if name not in PAGE} == set()
