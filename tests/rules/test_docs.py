"""The worked example of docs/rules.md does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_worked_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = dict(re.findall(r"```(yaml|python)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    (tmp_path / "refunds.yaml").write_text(blocks["yaml"], "utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks["python"], str(PAGE), "exec"), {})
    assert "small-claims-stay-out-of-fraud" in capsys.readouterr().out
