"""What is over a limit is told at once, and never expanded to be told."""

from __future__ import annotations

import os

import pytest

from rules import load_rules
from signalbox.domain.errors import BadRules

HEAD = "# name: x\n# version: 1\n# kind: k\n# hit: COLLECT\n# owner: o\n"


@pytest.mark.parametrize(("columns", "intervals"), [(4, 6), (5, 8), (6, 12), (16, 3)])
def test_a_row_of_many_intervals(tmp_path, columns, intervals):
    cell = ", ".join(f"[{10 * n}..{10 * n + 1}]" for n in range(intervals))
    names = ",".join(f"when:f{n}:integer!" for n in range(columns))
    row = ",".join([f'"{cell}"'] * columns)
    path = tmp_path / "wide.csv"
    path.write_text(f"{HEAD}id,{names},then:verdict,why\nr,{row},require_approval,w\n")
    with pytest.raises(BadRules, match=r"more than (32 combinations|16 conditions)"):
        load_rules(path, {}, kind="k")


def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "rules.yaml"
    os.mkfifo(path)
    with pytest.raises(BadRules, match="not a file"):
        load_rules(path, {}, kind="k")
