"""The worked example of docs/soundness.md does what the page says."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "soundness.md"


def test_the_worked_example_runs(tmp_path, monkeypatch, capsys):
    blocks = dict(re.findall(r"```(yaml|python)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    (tmp_path / "loan.yaml").write_text(blocks["yaml"], "utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks["python"], str(PAGE), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["allow"] + ["deny"] * 5
    for line, words in zip(
        lines[1:],
        ("'identify'", "'pay'", "the role 'clerk'", "executed", "'wire-money' was not offered"),
        strict=True,
    ):
        assert words in line


def test_every_code_is_on_the_page():
    from guardrails.soundness import Code

    text = PAGE.read_text("utf-8")
    assert [code.value for code in Code if f"`{code.value}`" not in text] == []
