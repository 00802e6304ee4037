"""``signalbox autonomy``: orders, what is shown, and what a slip is told."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.domain.enums import AutonomyLevel, Kind
from signalbox.ledger.store import open_ledger
from tests.ledger.test_processes import ROOT

EMPTY = {"switch": "running", "levels": {}, "changed_by": "", "reason": ""}


@pytest.fixture
def url(tmp_path, monkeypatch):
    """The database of the settings, and a folder without one."""
    monkeypatch.chdir(tmp_path)
    found = f"sqlite:///{tmp_path / 'desk.db'}"
    open_ledger(found).close()
    monkeypatch.setenv("SIGNALBOX_DB", found)
    return found


def told(*words):
    done = CliRunner().invoke(app, ["autonomy", *words, "--json"])
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)


def refused(*words):
    """stderr of a command that is refused: exit code 2, nothing on stdout, no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "signalbox", "autonomy", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def without_moment(found):
    return {name: value for name, value in found.items() if name != "changed_at"}


def test_pause_halt_and_resume(url):
    assert without_moment(told("show")) == EMPTY
    paused = told("pause", "--reason", "audit", "--as", "ann")
    assert without_moment(paused) == EMPTY | {
        "switch": "paused",
        "changed_by": "ann",
        "reason": "audit",
    }
    assert told("show") == paused
    assert told("pause", "--all", "--as", "ann")["switch"] == "halted"
    resumed = told("resume", "--as", "bob")
    assert (resumed["switch"], resumed["changed_by"], resumed["reason"]) == ("running", "bob", "")
    ledger = open_ledger(url)
    assert [event.type for event in ledger.events(0, 10)] == ["autonomy.changed"] * 3
    ledger.close()


@pytest.mark.parametrize("level", AutonomyLevel)
def test_a_level_is_set_and_outlives_a_resume(url, level):
    told("set", "routing", level.value, "--as", "ann")
    told("pause", "--as", "ann")
    assert told("resume", "--as", "ann")["levels"] == {"routing": level.value}
    ledger = open_ledger(url)
    assert ledger.autonomy().levels == {Kind.ROUTING: level}
    ledger.close()


def test_whoever_is_logged_in_orders_it_unless_told_otherwise(url, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "carla")
    assert told("pause")["changed_by"] == "carla"


def test_for_people_it_is_a_table(url):
    done = CliRunner().invoke(app, ["autonomy", "pause", "--as", "ann", "--reason", "audit"])
    assert done.exit_code == 0
    assert [line.split() for line in done.stdout.splitlines()[:2]] == [
        ["switch", "paused"],
        ["levels", "{}"],
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "routes", "off"), "is not one of 'routing'"),
        (("set", "routing", "full"), "'approve_first'"),
        (("set", "routing"), "Missing argument"),
        (("stop",), "No such command 'stop'"),
        (("pause", "--as", " "), "--as: is blank"),
        (("pause", "--as", "system:x"), "kept for the engine itself"),
        (("pause", "--as", "x" * 257), "--as: String should have at most 256"),
        (("pause", "--reason", "x" * 1001), "--reason: String should have at most 1000"),
        (("pause", "--db", "sqlite:////nowhere/at/all.db"), "no database /nowhere/at/all.db"),
        (("pause", "--db", "mysql://x"), "sqlite:///./signalbox.db or postgresql"),
    ],
)
def test_a_slip_is_told_with_its_fix_and_changes_nothing(url, words, said):
    assert said in " ".join(refused(*words).replace("│", " ").split())
    assert without_moment(told("show")) == EMPTY


def test_an_order_to_a_database_that_is_not_there_is_refused_and_makes_none(url, tmp_path):
    """It would reach no server, and whoever gave it would believe that it did."""
    other = tmp_path / "other.db"
    told_why = refused("pause", "--json", "--db", f"sqlite:///{other}")
    assert "there is no database" in told_why and "--db or SIGNALBOX_DB" in told_why
    assert not other.exists()
    assert without_moment(told("show")) == EMPTY
