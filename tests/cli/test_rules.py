"""``signalbox rules``: exit codes, one JSON object, and places people can find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rules.packs import REFUNDS, ROUTING, SHIPPED
from signalbox.cli import app, main
from tests.rules.helpers import guard, rule, text_of

FAILING = "cases: [{name: c, given: {n: 4, e: low, b: true}, expect: {guard: deny}}]\n"
PASSING = FAILING.replace("deny", "allow")


def run(*words: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["rules", *words, "--json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def write(tmp_path: Path):
    def file(text: str, name: str = "f.yaml") -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return file


def test_without_a_file_all_that_ships_is_looked_over():
    code, result = run("lint")
    assert (code, result["files"], result["findings"]) == (0, len(SHIPPED), [])
    code, result = run("test")
    assert (code, result["passed"], result["disagreements"], result["failures"]) == (0, True, 0, 0)
    assert result["cases"] >= 40 and result["evaluations"] >= 1000


def test_one_command_shows_the_mutation_score_of_all_that_ships():
    code, result = run("mutate")
    assert code == 0
    assert result["score"] >= result["needed"] == 0.95
    assert {one["file"] for one in result["files"]} == {path.name for path in SHIPPED}


def test_lint_fails_on_errors_and_on_warnings_only_where_told(write):
    path = write(text_of(rule("{fact: nn, gt: 3}")))
    code, result = run("lint", path)
    assert (code, result["errors"]) == (1, 1)
    (finding,) = result["findings"]
    assert finding["file"] == path
    assert (finding["line"], finding["column"] > 0, finding["rule"]) == (12, True, "r1")
    assert finding["fix"].startswith("did you mean 'n'")
    warned = write(text_of(rule("{fact: n, gt: 3}")), "w.yaml")
    assert run("lint", warned)[0] == 0
    assert run("lint", warned, "--strict")[0] == 1


def test_a_failing_case_fails_the_test(write):
    code, result = run("test", write(text_of(rule("{fact: n, gt: 3}"), rest=FAILING)))
    assert (code, result["passed"]) == (1, False)
    assert "guard is 'allow', expected 'deny'" in result["files"][0]["failed"][0]["message"]
    assert run("test", write(text_of(rule("{fact: n, gt: 3}"), rest=PASSING)))[0] == 0


def test_cases_that_notice_too_little_fail_the_mutation(write):
    code, result = run("mutate", write(text_of(rule("{fact: n, gt: 3}"), rest=PASSING)))
    assert (code, result["passed"]) == (1, False)
    assert {"rule", "line", "kind", "change"} == set(result["files"][0]["survivors"][0])


def test_the_cases_of_a_table_stand_for_the_table():
    sidecar = REFUNDS.with_name("refund_approval.cases.yaml")
    code, result = run("test", str(sidecar), str(REFUNDS))
    assert (code, [one["file"] for one in result["files"]]) == (0, [REFUNDS.name])


def test_an_evaluation_is_explained_from_json_and_from_a_file(tmp_path: Path):
    facts = {"amount": 120, "tier": "standard", "claims": 0, "colour": "red"}
    code, result = run("explain", str(REFUNDS), "--facts", json.dumps(facts))
    assert (code, result["guard"], result["permitted"]) == (0, "require_approval", False)
    assert result["fired"] == ["medium"]
    assert result["unread"] == ["colour"]
    small = next(row for row in result["rules"] if row["rule"] == "small")
    assert [one["holds"] for one in small["conditions"]] == [True, False, True]
    (tmp_path / "facts.json").write_text(json.dumps({**facts, "amount": 5}))
    code, result = run("explain", str(REFUNDS), "--facts", str(tmp_path / "facts.json"))
    assert (result["guard"], result["permitted"]) == ("allow", True)


def test_bindings_and_options_can_be_given():
    facts = '{"in_scope": false}'
    code, result = run("explain", str(ROUTING), "--facts", facts, "--options", "desk, network",
                       "--bind", "fallback_team=desk")  # fmt: skip
    assert (code, result["fallback"], result["allowed"]) == (0, "desk", ["desk", "network"])


def test_the_schema_is_printed():
    result = CliRunner().invoke(app, ["rules", "schema"])
    assert json.loads(result.stdout)["title"] == "Signalbox rule set"


@pytest.mark.parametrize(
    ("words", "told", "fix"),
    [
        (["lint", "absent.yaml"], "No such file", "can be read"),
        (["test", "absent.csv"], "No such file", "can be read"),
        (["mutate", "absent.yaml"], "No such file", "can be read"),
        (["explain", str(REFUNDS), "--facts", "absent.json"], "No such file", "--facts"),
        (["explain", str(REFUNDS), "--facts", "{oops}"], "--facts: ", ""),
        (["explain", str(REFUNDS), "--facts", "[1]"], "not an object", "amount"),
        (["explain", str(REFUNDS), "--facts", "{}", "--bind", "x"], "not NAME=OPTION", "--bind"),
        (["explain", str(REFUNDS), "--facts", "{}", "--bind", "x=y"], "not one of its", "none"),
    ],
)
def test_bad_input_is_told_in_a_sentence_with_its_fix(monkeypatch, capsys, words, told, fix):
    monkeypatch.setattr("sys.argv", ["signalbox", "rules", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert told in captured.err and fix in captured.err
    assert captured.out == "" and "Traceback" not in captured.err


def test_prose_says_where_and_what_to_do(write):
    path = write(text_of("", guard("{fact: s, ne: ok}")))
    result = CliRunner().invoke(app, ["rules", "lint", path])
    assert result.exit_code == 1
    assert f"{path}:12:5: error: 'g1' 'ne' on the optional 's'" in result.stdout
    assert "    fix: add" in result.stdout
