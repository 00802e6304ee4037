"""The benchmarks of changes and of throughput: whole runs on a small process, and their parts."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from evals.benchmarks.allocation import alarms, robustness, throughput
from evals.benchmarks.allocation.changes import Change, changes, key_worker
from evals.benchmarks.allocation.command import Options
from evals.benchmarks.allocation.figures import difference
from signalbox.learning.allocation.alarm import ARRIVALS, STAFF, Alarm
from signalbox.simulation.episode import Episode
from tests.simulation.make import desk, written
from tests.simulation.test_running import office

SMALL = ["--tune-seconds", "0.3", "--episodes", "3", "--seed", "5000", "--json"]


def episode(*cycle: float) -> Episode:
    return Episode(np.array(cycle), 0.0, 0.0, 0.5, 10.0, 1, 0.1)


def test_differences_are_those_of_pairs() -> None:
    ours = [episode(1.0, 3.0), episode(2.0, 4.0), episode(5.0, 5.0)]
    theirs = [episode(2.0, 4.0), episode(4.0, 4.0), episode(6.0, 6.0)]
    found = difference(ours, theirs)
    assert found is not None
    assert found["hours"] == pytest.approx(-1.0)
    assert found["share"] == pytest.approx(-3 / 13)
    assert found["ci95"] == pytest.approx([-1.0, -1.0]) and found["ahead"]
    assert not (difference(theirs, ours) or {"ahead": True})["ahead"]
    assert difference([*ours[:2], episode(math.nan, 1.0)], theirs) is None


def test_the_key_worker_does_most_and_nobody_is_stuck_without() -> None:
    plan = office()
    means = plan.means.copy()
    means[:, 3] /= 4
    assert key_worker(plan.with_means(means)) == 3
    means[1, np.arange(6) != 3] = np.inf
    assert key_worker(plan.with_means(means)) != 3


def test_an_alarm_before_the_change_or_of_another_kind_does_not_name_it() -> None:
    plan = office()
    found = {change.name: change for change in changes(plan, 1)}
    assert len(found) == 6
    gone: Change = found["key worker leaves"]
    assert gone.named_by(Alarm(gone.at + 1, gone.at, STAFF, resource=gone.resource))
    assert not gone.named_by(Alarm(gone.at - 1, gone.at, STAFF, resource=gone.resource))
    assert not gone.named_by(Alarm(gone.at + 1, gone.at, STAFF, resource=(gone.resource or 0) + 1))
    assert not gone.named_by(Alarm(gone.at + 1, gone.at, ARRIVALS))
    assert gone.at == pytest.approx(0.2 * 2500 * plan.interarrival)


def test_what_was_measured_is_kept_and_asked_otherwise_is_measured_anew(tmp_path: Path) -> None:
    def options(episodes: int) -> Options:
        return Options(1.0, episodes, 1, 1, tmp_path / "kept")

    assert options(3).part("a b/c", lambda: 1) == 1
    assert options(3).part("a b/c", lambda: 2) == 1
    assert options(4).part("a b/c", lambda: 2) == 2


@pytest.mark.slow
def test_robustness_prints_every_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--scenario", str(written(tmp_path, desk())), *SMALL, "--state", str(tmp_path / "s")]
    assert robustness.main(asked) == 0
    found = json.loads(capsys.readouterr().out)["desk"]
    assert len(found) == 6
    for change in found.values():
        assert {"fifo", "spt", "stale", "refit", "refit_less", "detection"} == set(change)
        assert 0 <= change["detection"]["found"] <= 1
        less = change["refit_less"]["fifo"]
        means = change["refit"]["mean_cycle"], change["fifo"]["mean_cycle"]
        assert less["hours"] == pytest.approx(means[0] - means[1])
    assert robustness.main(asked) == 0
    assert json.loads(capsys.readouterr().out)["desk"] == found, "gone on with, not done again"


@pytest.mark.slow
def test_throughput_reports_a_load_that_holds_on_the_seeds_of_the_evaluation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--scenario", str(written(tmp_path, desk())), *SMALL]
    assert throughput.main(asked) == 0
    found = json.loads(capsys.readouterr().out)["desk"]
    assert found["index_less_fifo"]["hours"] <= 0
    assert found["index"]["load"] > 0.9


def test_false_alarms_are_counted_beside_what_was_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert alarms.main(["--scenario", str(written(tmp_path, desk())), *SMALL]) == 0
    found = json.loads(capsys.readouterr().out)["desk"]
    assert found["arrivals"]["seen"] == 3 * 2500
    assert found["speeds"]["seen"] > 3 * 2500
    for kind in found.values():
        assert kind["alarms"] <= 3 + 3 * kind["seen"] / kind["stated"]
        assert (kind["run_length"] is None) == (kind["alarms"] == 0)


@pytest.mark.parametrize("bench", [robustness, throughput, alarms])
def test_a_file_that_is_not_there_is_named(
    bench: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["--scenario", "nowhere.json", "--json"]) == 2  # type: ignore[attr-defined]
    told = capsys.readouterr()
    assert "nowhere.json" in told.err and not told.out
