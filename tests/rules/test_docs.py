"""The worked example of docs/rules.md does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rules import check_rules, load_rules

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def found_blocks(languages: str) -> list[tuple[str, str]]:
    return re.findall(rf"```({languages})\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_worked_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The first block of each language is the worked example.
    blocks = dict(reversed(found_blocks("yaml|python")))
    (tmp_path / "refunds.yaml").write_text(blocks["yaml"], "utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks["python"], str(PAGE), "exec"), {})
    assert "small-claims-stay-out-of-fraud" in capsys.readouterr().out


def test_the_table_of_the_page_is_complete_and_decides_as_it_reads(tmp_path: Path) -> None:
    ((_, table),) = found_blocks("csv")
    path = tmp_path / "approval.csv"
    path.write_text(table, "utf-8")
    assert [str(one) for one in check_rules(path)] == ["approval.csv:1: there are no cases"]
    rules = load_rules(path)
    given = {"amount": 300, "tier": "vip", "claims": 0}
    assert rules.evaluate(given, ["A"]).guard.word == "allow"
    assert rules.evaluate({**given, "claims": 3}, ["A"]).guard.word == "require_approval"


def test_the_permit_of_the_page_is_one(tmp_path: Path) -> None:
    worked, permits = (text for _, text in found_blocks("yaml"))
    path = tmp_path / "refunds.yaml"
    path.write_text(worked.partition("cases:")[0] + permits, "utf-8")
    rules = load_rules(path)
    given = {"amount": 100, "country": "FR", "option": "refunds"}
    assert rules.evaluate(given, ["refunds"]).permitted is True
    assert rules.evaluate({**given, "option": "fraud"}, ["refunds"]).permitted is False
