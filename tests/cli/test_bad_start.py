"""``serve`` and ``doctor`` where something is wrong: one sentence, its fix, and nothing made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.cli.doctor import examine
from tests.learning.conftest import make_table

RULES = """name: desk
version: 1
kind: routing
facts:
  priority: {type: string}
rules:
  - id: a
    why: the network team asked for it
    owner: desk
    when: [{fact: priority, eq: high}]
    force: network
"""
BAD = [
    ("unknown-fact", RULES.replace("fact: priority", "fact: priorty"), ":10: 'a' unknown fact",
     "did you mean 'priority'?"),
    ("undeclared", RULES.replace("priority", "colour"), ":5: unknown fact 'colour'", "priority"),
    ("tab", RULES + "\t- id: b\n", ":12: not valid YAML", "no tabs"),
    ("broken", RULES + "guards: [\n", ":13: not valid YAML", "indentation"),
    ("twice", RULES + "name: again\n", ":12: the key 'name' is given twice", "remove"),
    ("kind", RULES.replace("routing", "ruoting"), ":3: the rules are for the kind", "routing"),
    ("empty", "", ":1: a rule file is a mapping", "begin with"),
    ("binding", RULES.replace("rules:", "bindings: {fallback_team: required}\nrules:"),
     "'fallback_team' is required", "SIGNALBOX_FALLBACK_TEAM"),
]  # fmt: skip


def serve(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "signalbox", "serve", "--port", "0"]
    return subprocess.run(
        [*command, "--db", f"sqlite:///{place / 'desk.db'}", *options],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("name", "text", "message", "hint"), BAD, ids=[row[0] for row in BAD])
def test_doctor_names_file_line_and_fix(tmp_path, monkeypatch, name, text, message, hint):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    monkeypatch.setenv("SIGNALBOX_RULES", str(path))
    monkeypatch.setenv("SIGNALBOX_DB", f"sqlite:///{tmp_path / 'desk.db'}")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    found = {row["check"]: row for row in json.loads(done.stdout)["checks"]}
    assert found["rules"]["state"] == "fail"
    assert f"{name}.yaml" in found["rules"]["detail"]
    assert message in found["rules"]["detail"]
    assert hint in found["rules"]["detail"]
    # One fault does not hide what else there is to say.
    assert {"database", "model"} <= set(found)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_doctor_survives_every_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNALBOX_DB", "nonsense")
    monkeypatch.setenv("SIGNALBOX_MODEL", str(tmp_path))
    found = {row["check"]: row for row in examine()}
    assert (found["database"]["state"], found["model"]["state"]) == ("fail", "fail")
    assert "SIGNALBOX_DB" in found["database"]["detail"]


def test_serve_refuses_bad_rules_before_it_makes_a_database(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BAD[0][1])
    done = serve(tmp_path, "--rules", str(path))
    assert done.returncode == 2
    assert "bad.yaml:10" in done.stderr
    assert "fix: did you mean 'priority'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["bad.yaml"]


def test_serve_refuses_a_damaged_model_before_it_makes_a_database(tmp_path):
    from signalbox.learning.store import save_router
    from signalbox.learning.training import learn_routing

    router, report = learn_routing(make_table(60))
    save_router(router, report, tmp_path / "model")
    with (tmp_path / "model" / "arrays.npz").open("ab") as file:
        file.write(b"x")
    done = serve(tmp_path, "--model", str(tmp_path / "model"))
    assert done.returncode == 2
    assert "does not match its checksum" in done.stderr
    assert "Traceback" not in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_a_start_that_fails_late_is_told_in_one_sentence(tmp_path):
    # The folder in the place of the file beside the ledger is met only while opening.
    (tmp_path / "desk-checkpoints.db").mkdir()
    done = serve(tmp_path)
    assert done.returncode == 2
    assert "signalbox: cannot use the file of paused decisions" in done.stderr
    assert "fix: it lies beside the database" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_a_variable_that_sets_nothing_and_a_missing_evaluator_once(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("SIGNALBOX_DB", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("SIGNALBOX_FALLBACK_TAEM", "payroll")
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    rows = examine()
    told = [row["detail"] for row in rows if row["check"] == "settings"]
    assert told == [
        "SIGNALBOX_FALLBACK_TAEM sets nothing: there is no such setting; did you mean "
        "SIGNALBOX_FALLBACK_TEAM?"
    ]
    (rules,) = [row["detail"] for row in rows if row["check"] == "rule evaluators"]
    assert rules.count("Python") == rules.count("durable-rules does not load") == 1
    assert "make" in rules
