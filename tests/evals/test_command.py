"""``eval routing`` on files that do not go with the model."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.command import evaluate_folder
from evals.labels import UnknownLabels
from signalbox.cli import app, evaluate
from signalbox.domain.errors import BadInput
from signalbox.learning.command import learn_to_folder
from tests.learning.conftest import make_table

WORK = make_table(200)
ROWS = list(zip(WORK.texts or [], WORK.attributes["site"], WORK.labels, strict=True))


def write(path: Path, rows: list[tuple[str, ...]], header: str = "text,site,team") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eval")
    data = write(folder / "rows.csv", ROWS)
    learn_to_folder(data, folder / "model", text="text", attributes=("site",), label="team")
    return folder / "model"


def other(label: str) -> str:
    return {"network": "netwrok", "payroll": "wages"}.get(label, label)


def test_labels_the_model_never_saw_are_counted_and_named(model: Path, tmp_path: Path) -> None:
    rows = [(text, site, other(label)) for text, site, label in ROWS]
    data = write(tmp_path / "new.csv", rows)
    strange = [label for _, _, label in rows if label in ("netwrok", "wages")]
    result = evaluate_folder(model, data, label="team")
    found = result["unknown_labels"]
    assert found["rows"] == result["unknown_label_rows"] == len(strange)
    assert found["share"] == len(strange) / 200
    assert sorted(found["names"]) == ["netwrok", "wages"]
    assert any("never saw" in note and "netwrok" in note for note in result["warnings"])
    json.dumps(result, allow_nan=False)
    prose = CliRunner().invoke(
        app, ["eval", "routing", "--model", str(model), "--data", str(data), "--label", "team"]
    )
    assert "2 labels the model never saw" in prose.output
    assert f"{len(strange)} of 200 rows" in prose.output


def test_a_label_of_another_number_is_no_slip_of_the_pen() -> None:
    assert (
        "did you mean"
        not in UnknownLabels(1, 9, ["queue-12"], ["queue-1", "queue-2"]).notes(online=False)[0]
    )
    assert (
        "did you mean 'network'"
        in UnknownLabels(1, 9, ["netwrok"], ["network"]).notes(online=False)[0]
    )


def test_prose_shows_both_bounds_and_what_a_gate_was_judged_on(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "new.csv", ROWS)
    gate = tmp_path / "gate.yaml"
    gate.write_text("accuracy: {min: 0.9999}\nece: {max: 1.0}\n")
    options = ["--model", str(model), "--data", str(data), "--label", "team"]
    shown = CliRunner().invoke(app, ["eval", "routing", *options, "--gate", str(gate)])
    assert shown.exit_code == 1
    assert re.search(
        r"gate accuracy: FAIL \(accuracy [\d.]+ \(lower end of its interval 0\.\d+\) is below "
        r"0\.9999\)",
        shown.output,
    )
    assert "upper end of its interval" in shown.output
    both = evaluate._prose({"certified_bound": 0.0497, "observed_bound": 0.0712, "gate": None})
    assert re.search(r"certified bound +0\.0497  \(.*as the model promises", both)
    assert re.search(r"observed bound +0\.0712  \(.*rows of this file", both)
    told = CliRunner().invoke(app, ["eval", "routing", "--help"], env={"COLUMNS": "200"})
    assert "interval" in told.output


def test_no_label_known_suggests_the_column_that_fits(model: Path, tmp_path: Path) -> None:
    rows = [(*row[:2], "x" + row[2], row[2]) for row in ROWS]
    data = write(tmp_path / "new.csv", rows, "text,site,team,resolved_by")
    with pytest.raises(BadInput, match="knows none of the labels in column 'team'") as caught:
        evaluate_folder(model, data, label="team")
    assert caught.value.hint == "did you mean --label resolved_by?"
    data = write(tmp_path / "new.csv", [(*row[:2], "x" + row[2]) for row in ROWS])
    with pytest.raises(BadInput) as caught:
        evaluate_folder(model, data, label="team")
    assert "this model routes to access, network" in caught.value.hint


def test_labels_set_apart_are_not_unknown(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "new.csv", [*ROWS, ("zebra", "", "elsewhere")])
    result = evaluate_folder(model, data, label="team", out_of_scope="elsewhere")
    assert result["unknown_labels"] == {"rows": 0, "share": 0.0, "labels": 0, "names": []}
    assert result["warnings"] == []


def test_nothing_but_out_of_scope_rows(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "new.csv", [("zebra", "", "elsewhere")] * 5)
    with pytest.raises(BadInput, match="every row carries the label 'elsewhere'"):
        evaluate_folder(model, data, label="team", out_of_scope="elsewhere")


def test_a_column_of_the_model_that_the_file_lacks(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "new.csv", ROWS, "text,location,team")
    with pytest.raises(BadInput, match="no column 'site'") as caught:
        evaluate_folder(model, data, label="team")
    assert "rename it in the file" in caught.value.hint
    with pytest.raises(BadInput, match="no column 'tem'") as caught:
        evaluate_folder(model, data, label="tem")
    assert caught.value.hint == "did you mean 'team'?"


def test_repeated_ids_and_blank_texts(model: Path, tmp_path: Path) -> None:
    rows = [(" " if i < 50 else text, site, label, str(i % 199)) for i, (text, site, label)
            in enumerate(ROWS)]  # fmt: skip
    data = write(tmp_path / "new.csv", rows, "text,site,team,ticket_id")
    notes = evaluate_folder(model, data, label="team")["warnings"]
    assert any("50 of 200 texts (25.0%) are blank" in note for note in notes)
    assert any("--id ticket_id" in note for note in notes)
    with pytest.raises(BadInput, match=r"line 201: id '0' .* also on line 2"):
        evaluate_folder(model, data, label="team", id_column="ticket_id")


def test_a_bad_gate_is_told_before_anything_is_measured(model: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate.yaml"
    gate.write_text("accuracy: {min: 0.9}\naccuracy: {min: 0.1}\n")
    with pytest.raises(BadInput, match="line 2: not valid YAML: 'accuracy' is given twice"):
        evaluate_folder(model, tmp_path / "none.csv", label="team", gate_file=gate)


@pytest.mark.parametrize("name", ["x" * 300, "none"])
def test_a_model_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="no model here") as caught:
        evaluate_folder(tmp_path / name, tmp_path / "none.csv", label="team")
    assert "learn routing" in caught.value.hint
