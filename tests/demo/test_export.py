from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

from signalbox.demo.desk import ServiceDesk
from signalbox.demo.export import COLUMNS, write_history_csv
from signalbox.domain.errors import BadInput


def test_every_ticket_comes_back(tmp_path: Path) -> None:
    path = write_history_csv(tmp_path / "desk.csv", n=300, seed=2)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tickets = ServiceDesk(2).history(300)
    assert tuple(rows[0]) == COLUMNS
    assert [row["text"] for row in rows] == [t.text for t in tickets]
    assert [row["team"] for row in rows] == [t.recorded_team for t in tickets]
    assert [datetime.fromisoformat(row["opened"]) for row in rows] == [t.opened for t in tickets]
    assert [row["product"] for row in rows] == [t.attributes.get("product", "") for t in tickets]


def test_a_missing_folder_is_bad_input_and_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"desk\.csv.*folder that exists"):
        write_history_csv(tmp_path / "nowhere" / "desk.csv", n=5)


def test_nothing_half_written_where_the_target_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "desk.csv").mkdir()
    with pytest.raises(BadInput, match=r"desk\.csv"):
        write_history_csv(tmp_path / "desk.csv", n=5)
    assert [path.name for path in tmp_path.iterdir()] == ["desk.csv"]
