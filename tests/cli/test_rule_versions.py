"""``signalbox rules …``: the life of a version on the command line."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from signalbox.app import open_signalbox
from signalbox.cli import app
from signalbox.domain.errors import BadInput, BadRules, Conflict, NotFound
from signalbox.domain.task import Task
from signalbox.settings import Settings
from tests.doubles import ScriptedPredictor
from tests.graphs.conftest import RULES
from tests.keeper.versions import BAD_CASE, BAD_FACT, STRICTER


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two rule files and the ledger of an engine that decided six tasks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.yaml").write_text(RULES)
    (tmp_path / "new.yaml").write_text(STRICTER)
    monkeypatch.setenv("SIGNALBOX_DB", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("SIGNALBOX_RULES", str(tmp_path / "desk.yaml"))
    decide("normal", "high", "normal", "high", "low", "high")
    return tmp_path


def decide(*priorities, start=0):
    async def go():
        async with open_signalbox(Settings(), ScriptedPredictor()) as engine:
            found = []
            for number, priority in enumerate(priorities, start):
                task = Task(id=f"t{number}", text="network down", attributes={"priority": priority})
                found.append(await engine.dispatcher.submit(task, 5.0))
            return found

    return asyncio.run(go())


def rules(*arguments, exit_code=0):
    done = CliRunner().invoke(app, ["rules", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_a_diff_on_recorded_decisions_names_subject_verdicts_and_rule(folder):
    found = rules("diff", "active", "new.yaml", "--json")
    assert (found["compared"], found["changed"], found["tighter"], found["laxer"]) == (6, 3, 3, 0)
    assert found["rules"] == {"critical-needs-a-person": 3}
    first = found["verdicts"][0]
    assert first["subject"] == "t1"
    assert (first["before"]["guard"], first["after"]["guard"]) == ("allow", "require_approval")
    said = rules("diff", "desk.yaml", "new.yaml", "--since", "1h")
    assert "t1: guard allow -> require_approval; by critical-needs-a-person" in said
    assert rules("diff", "new.yaml", "new.yaml", "--json", "--fail-on-change")["changed"] == 0
    assert rules("diff", "active", "new.yaml", "--json", "--show", "1")["verdicts"] == [first]
    assert "and 2 more" in rules("diff", "active", "new.yaml", "--show", "1")
    rules("diff", "active", "new.yaml", "--fail-on-change", exit_code=1)


def test_a_diff_on_a_file_of_facts_needs_no_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIGNALBOX_DB", raising=False)
    (tmp_path / "a.yaml").write_text(RULES)
    (tmp_path / "b.yaml").write_text(STRICTER)
    facts = {"priority": "high", "language_risk": False}
    (tmp_path / "facts.jsonl").write_text(json.dumps({"facts": facts, "options": ["network"]}))
    found = rules("diff", "a.yaml", "b.yaml", "--facts", "facts.jsonl", "--json")
    assert (found["compared"], found["changed"]) == (1, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "b.yaml", "facts.jsonl"]
    with pytest.raises(BadInput, match="no database"):
        rules("diff", "a.yaml", "b.yaml")
    with pytest.raises(BadInput, match="no database"):
        rules("activate", "a.yaml")


def test_nothing_to_compare_on_is_said_and_no_success(folder):
    with pytest.raises(BadInput, match="nothing to compare"):
        rules("diff", "active", "new.yaml", "--since", "0m", "--fail-on-change")


def test_draft_shadow_activate_and_back(folder):
    drafted = rules("draft", "new.yaml", "--by", "ann", "--note", "stricter", "--json")
    assert (drafted["state"], drafted["created_by"], drafted["note"]) == (
        "draft",
        "ann",
        "stricter",
    )
    digest = drafted["digest"]
    assert [one["digest"] for one in rules("status", "--json")["drafts"]] == [digest]
    assert rules("shadow", digest[:10], "--json")["state"] == "shadow"
    assert rules("status", "--json")["in_force"]["from"] == "file"
    decide("high", "normal", start=10)
    found = rules("status", "--json")
    assert found["shadow"]["digest"] == digest
    (count,) = found["counts"]
    assert (count["compared"], count["differing"]) == (2, 1)
    assert [one["subject"] for one in found["differences"]] == ["t10"]
    assert "1 of 2 differ (guard 1" in rules("status")
    active = rules("activate", "new.yaml", "--by", "bob", "--json")
    assert (active["state"], active["changed_by"]) == ("active", "bob")
    assert rules("status", "--json")["in_force"]["digest"] == digest
    (answer,) = decide("high", start=20)
    assert answer.approval.draft.trace.rules_digest == digest
    assert rules("rollback", "--json") == {"from": digest, "to": None}
    assert rules("status", "--json")["in_force"]["from"] == "file"
    (answer,) = decide("high", start=30)
    assert answer.decision.trace.rules_digest != digest
    states = [one["state"] for one in rules("history", "--json")["changes"]]
    assert states == ["retired", "active", "shadow", "draft", "draft"]
    assert "stricter" in rules("history")


def test_rolling_back_twice_goes_back_two_versions(folder):
    digests = []
    for number in (2, 3, 4):
        (folder / "new.yaml").write_text(STRICTER.replace("version: 2", f"version: {number}"))
        digests.append(rules("activate", "new.yaml", "--json")["digest"])
    assert rules("rollback", "--json")["to"] == digests[1]
    assert rules("rollback", "--json")["to"] == digests[0]
    assert rules("rollback", "--json")["to"] is None
    with pytest.raises(Conflict, match="nothing to go back from"):
        rules("rollback")


@pytest.mark.parametrize(
    ("text", "named"), [(BAD_FACT, "new.yaml:2"), (BAD_CASE, "an ordinary task")]
)
@pytest.mark.parametrize("verb", ["draft", "shadow", "activate"])
def test_what_fails_lint_or_a_case_is_refused_with_the_finding(folder, verb, text, named):
    (folder / "new.yaml").write_text(text)
    before = rules("history", "--json")
    with pytest.raises(BadRules, match=named):
        rules(verb, "new.yaml")
    assert rules("history", "--json") == before


def test_whoever_expects_another_version_to_be_active_is_refused(folder):
    first = rules("activate", "new.yaml", "--json")["digest"]
    (folder / "new.yaml").write_text(STRICTER.replace("version: 2", "version: 3"))
    second = rules("activate", "new.yaml", "--instead-of", first, "--json")
    assert second["replaced"] == first
    (folder / "new.yaml").write_text(STRICTER.replace("version: 2", "version: 4"))
    with pytest.raises(Conflict, match="another version"):
        rules("activate", "new.yaml", "--instead-of", first)


def test_the_shadow_is_ended_by_hand(folder):
    rules("shadow", "new.yaml")
    rules("shadow", "--off")
    assert rules("status", "--json")["shadow"] is None
    assert rules("shadow", "--off", "--json") == {"shadow": None}
    rules("shadow", exit_code=2)
    rules("shadow", "new.yaml", "--off", exit_code=2)


def test_a_copy_of_what_is_in_force_is_the_start_of_a_new_version(folder):
    rules("copy", "active", "mine")
    assert (folder / "mine" / "desk.yaml").read_text() == RULES
    with pytest.raises(BadInput, match="there already"):
        rules("copy", "active", "mine")


def test_words_that_name_nothing(folder):
    for word, error in (("absent.yaml", BadInput), ("abcdef", NotFound), ("shadow", BadInput)):
        with pytest.raises(error):
            rules("diff", "active", word)
    with pytest.raises(BadInput, match="--by"):
        rules("draft", "new.yaml", "--by", "  ")


def test_other_kinds_are_compared_with_their_own_and_never_stored(folder):
    other = RULES.replace("kind: routing", "kind: refunds")
    (folder / "other.yaml").write_text(other)
    with pytest.raises(BadInput, match="no engine makes decisions of the kind 'refunds'"):
        rules("activate", "other.yaml")
    with pytest.raises(BadInput, match="'refunds'"):
        rules("diff", "desk.yaml", "other.yaml")


def test_names_are_bound_as_the_engine_bound_them(folder, monkeypatch):
    monkeypatch.setenv("SIGNALBOX_FALLBACK_TEAM", "triage")
    decide("normal", start=40)
    monkeypatch.delenv("SIGNALBOX_FALLBACK_TEAM")
    bound = rules("draft", "new.yaml", "--json")
    assert bound["bindings"] == {"fallback_team": "triage"}


def test_a_decision_is_explained_by_the_rules_it_was_made_under(folder):
    (decided, waiting) = decide("high", "critical", start=50)
    (folder / "desk.yaml").write_text(STRICTER)
    decide("high", start=60)
    told = rules("why", decided.decision.id, "--json")
    assert told["same"]
    assert told["digest"] == decided.decision.trace.rules_digest
    outcomes = {rule["rule"]: rule["outcome"] for rule in told["rules"]}
    assert outcomes["critical-needs-a-person"] == "near"
    said = rules("why", waiting.approval.draft.id)
    assert "fired   critical-needs-a-person: require_approval" in said
    assert "yes priority eq critical (was critical)" in said
    with pytest.raises(NotFound):
        rules("why", "dec_none")
