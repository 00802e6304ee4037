"""Learn from a log, keep the model, and tell of each running case what it will do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.domain.errors import BadInput, BadModel, SignalboxError
from signalbox.learning.durations.learned import load_learned
from signalbox.learning.folder import write_manifest
from signalbox.learning.logs.log import EventLog, Trace
from signalbox.learning.manifest import MANIFEST
from signalbox.learning.store import load_router
from tests.learning.durations.logs import BEGIN, as_csv, imported_by, made_up

NAMED = ["--case", "case", "--activity", "activity", "--timestamp", "time"]
LOG = made_up(160)


def run(*options: str | Path) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*map(str, options), "--json"])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def learn(log: Path, out: Path, *options: str) -> dict[str, Any]:
    return run(
        "learn", "durations", "--log", log, *NAMED, "--out", out, "--model", "forest", *options
    )


def cases(model: Path, log: Path, *options: str) -> dict[str, Any]:
    return run("predict", "case", "--model", model, "--log", log, *options)


def written(path: Path, log: EventLog) -> Path:
    path.write_text(as_csv(log))
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("logs") / "log.csv", LOG)


@pytest.fixture(scope="module")
def report(log: Path) -> dict[str, Any]:
    return learn(log, log.parent / "model", "--sla-days", "3")


@pytest.fixture
def model(report: dict[str, Any], tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    source, out = Path(report["model_dir"]), tmp_path / "model"
    out.mkdir()
    for file in source.iterdir():
        (out / file.name).write_bytes(file.read_bytes())
    return out


def test_the_report_tells_how_good_it_was_on_later_cases(report: dict[str, Any]) -> None:
    assert (report["cases"], report["cases_learned"], report["model"]) == (160, 160, "forest")
    assert report["ends"] == ["close"] and report["ends_inferred"]
    assert 0 < report["mae_days"] == report["model_compared"]["forest"] < 3
    assert report["accuracy"] > 0.5
    assert 0.7 <= report["interval_coverage"] <= 1.0


def test_every_running_case_is_told_of_and_the_worst_first(
    report: dict[str, Any], log: Path
) -> None:
    moment = BEGIN + timedelta(days=30)
    known = LOG.until(moment)
    open_ones = {t.case: t for t in known.traces if t.events[-1].activity != "close"}
    result = cases(report["model_dir"], log, "--at", moment.isoformat())
    assert {one["case"] for one in result["running"]} == set(open_ones)
    assert result["cases_running"] + result["cases_finished"] == len(known)
    sure = [one for one in result["running"] if not one["doubtful"]]
    assert [one["risk"] for one in sure] == sorted((one["risk"] for one in sure), reverse=True)
    for one in sure:
        low, high = one["remaining_interval"]
        assert 0 <= low <= one["remaining_days"] <= high
        assert 0 <= one["risk"] <= 1
        assert sum(n["probability"] for n in one["next"]) == pytest.approx(1.0, abs=0.05)
        trace = open_ones[one["case"]]
        assert one["events"] == len(trace)
        elapsed = (moment - trace.began).total_seconds() / 86_400
        assert one["elapsed_days"] == pytest.approx(elapsed)
        assert (one["risk"] == 1.0) or elapsed < 3


def test_without_at_the_last_event_is_now_and_a_case_of_one_event_is_told_of(
    report: dict[str, Any], tmp_path: Path
) -> None:
    trace = LOG.traces[0]
    one = Trace("new", trace.events[:1])
    result = cases(report["model_dir"], written(tmp_path / "log.csv", EventLog([one])))
    (told,) = result["running"]
    assert result["at"] == trace.began.isoformat()
    assert told["silent_days"] == 0 and told["remaining_days"] > 0
    assert {n["activity"] for n in told["next"][:2]} == {"simple", "hard"}
    assert sum(n["probability"] for n in told["next"][:2]) > 0.8
    assert any("no finished case" in note for note in result["notes"])


def test_a_silence_longer_than_any_learned_from_is_no_prediction(
    report: dict[str, Any], log: Path, tmp_path: Path
) -> None:
    sleeper = Trace("sleeper", LOG.traces[0].events[:2])
    path = written(tmp_path / "log.csv", EventLog([*LOG.traces, sleeper]))
    result = cases(report["model_dir"], path)
    last = result["running"][-1]
    assert last["case"] == "sleeper" and last["doubtful"]
    assert last["risk"] is None and last["remaining_days"] is None
    assert any("such a silence" in note for note in result["notes"])


def test_the_longer_the_silence_the_later_the_end(report: dict[str, Any], tmp_path: Path) -> None:
    trace = next(t for t in LOG.traces if t.events[1].activity == "hard")
    path = written(tmp_path / "log.csv", EventLog([Trace("x", trace.events[:2])]))
    ends = []
    for hours in (0, 24, 72):
        at = trace.events[1].time + timedelta(hours=hours)
        (told,) = cases(report["model_dir"], path, "--at", at.isoformat())["running"]
        ends.append(told["remaining_days"] + told["silent_days"])
    assert ends == sorted(ends) and ends[0] < ends[-1]


def test_only_cases_that_ended_as_named_are_learned_from(log: Path, tmp_path: Path) -> None:
    open_ones = [Trace(f"open {t.case}", t.events[:2]) for t in LOG.traces[-20:]]
    path = written(tmp_path / "log.csv", EventLog([*LOG.traces, *open_ones]))
    result = learn(path, tmp_path / "model", "--end", "close")
    assert (result["cases"], result["cases_learned"]) == (180, 160)
    assert result["ends"] == ["close"] and not result["ends_inferred"]
    with pytest.raises(BadInput, match="no activity 'shut'"):
        learn(path, tmp_path / "other", "--end", "shut")
    assert not (tmp_path / "other").exists()


def test_the_same_log_gives_the_same_version_and_answers_survive_keeping(
    report: dict[str, Any], log: Path, tmp_path: Path
) -> None:
    again = learn(log, tmp_path / "model", "--sla-days", "3")
    assert again["version"] == report["version"]
    other = learn(log, tmp_path / "model", "--sla-days", "3", "--seed", "1")
    assert other["version"] != report["version"]
    learned = load_learned(Path(report["model_dir"]))
    rows = learned.encoder.rows(LOG)
    every = np.arange(len(rows))
    told, arrays = learned.remaining.to_parts()
    twin = type(learned.remaining).from_parts(told, arrays)
    first, second = (m.quantiles(rows, every, (0.1, 0.5)) for m in (learned.remaining, twin))
    assert np.array_equal(first, second)


def test_columns_called_otherwise_are_named_again(report: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(as_csv(LOG).replace("case,activity,", "id,what,", 1))
    with pytest.raises(BadInput, match="'case'"):
        cases(report["model_dir"], path)
    result = cases(report["model_dir"], path, "--case", "id", "--activity", "what")
    assert result["cases_finished"] + result["cases_running"] == 160


def test_a_list_for_people_gives_the_terminal_no_orders(
    report: dict[str, Any], tmp_path: Path
) -> None:
    one = Trace("evil\x1b[2J", LOG.traces[0].events[:1])
    path = written(tmp_path / "log.csv", EventLog([one]))
    result = CliRunner().invoke(
        app, ["predict", "case", "--model", report["model_dir"], "--log", str(path)]
    )
    assert result.exit_code == 0, result.output
    assert "evil" in result.stdout and "\x1b" not in result.stdout


@pytest.mark.parametrize("name", ["remaining.npz", "following.npz", "report.json", MANIFEST])
def test_a_damaged_or_missing_file_is_refused(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(bytes(content))
    with pytest.raises(BadModel) as caught:
        load_learned(model)
    assert name in caught.value.message and caught.value.hint
    (model / name).unlink()
    with pytest.raises(BadModel, match=r"missing|no model here"):
        load_learned(model)


def _sealed_again(model: Path, change: dict[str, Any]) -> None:
    """The manifest with ``change``, and checksums that are right for it."""
    told = json.loads((model / MANIFEST).read_text())
    (model / MANIFEST).unlink()
    core = {k: v for k, v in told.items() if k not in ("format", "libraries", "files", "checksum")}
    write_manifest(model, {**core, **change}, told["version"])


@pytest.mark.parametrize(
    "change",
    [
        {"tail": 0.7},
        {"tail": "much"},
        {"remaining": {"kind": "magic", "told": {"features": 1}}},
        {"remaining": {"kind": "forest", "told": {"features": 1}}},
        {"following": {}},
        {"encoder": {}},
        {"columns": []},
    ],
)
def test_a_foreign_manifest_is_refused_even_with_right_checksums(
    model: Path, change: dict[str, Any]
) -> None:
    load_learned(model)
    _sealed_again(model, change)
    with pytest.raises(BadModel, match="not a complete model"):
        load_learned(model)


def test_rows_of_another_version_are_refused(model: Path) -> None:
    encoder = json.loads((model / MANIFEST).read_text())["encoder"]
    _sealed_again(model, {"encoder": {**encoder, "columns": [*encoder["columns"], "new"]}})
    with pytest.raises(BadModel, match="other columns than this version"):
        load_learned(model)


def test_a_pickle_in_the_arrays_is_not_loaded(model: Path) -> None:
    np.savez(model / "remaining.npz", y=np.array([{"run": "me"}], dtype=object))
    _sealed_again(model, {})
    with pytest.raises(BadModel, match="not a complete model"):
        load_learned(model)


def test_a_newer_format_and_another_kind_are_refused(model: Path, log: Path) -> None:
    with pytest.raises(BadModel, match="learned by learn durations, not by learn routing"):
        load_router(model)
    told = json.loads((model / MANIFEST).read_text())
    (model / MANIFEST).write_text(json.dumps({**told, "format": told["format"] + 1}))
    with pytest.raises(BadModel, match="model format"):
        load_learned(model)
    with pytest.raises(BadModel, match="no model here"):
        load_learned(log.parent / "nothing")


def test_a_model_of_another_kind_is_not_replaced(model: Path, log: Path) -> None:
    _sealed_again(model, {"kind": "routing"})
    with pytest.raises(BadInput, match="another kind"):
        learn(log, model)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--at", "yesterday"], "not a time"),
        (["--at", "1999-01-01"], "nothing had been recorded"),
        (["--sla-days", "0"], "more than 0"),
        (["--sla-days", "nan"], "more than 0"),
    ],
)
def test_bad_questions_are_refused(
    report: dict[str, Any], log: Path, options: list[str], told: str
) -> None:
    with pytest.raises(SignalboxError, match=told) as caught:
        cases(report["model_dir"], log, *options)
    assert caught.value.exit_code == 2 and caught.value.hint


def test_too_few_finished_cases_leave_nothing_behind(tmp_path: Path) -> None:
    short = replace(LOG, traces=LOG.traces[:20])
    with pytest.raises(BadInput, match="20 cases are too few"):
        learn(written(tmp_path / "log.csv", short), tmp_path / "deep" / "model")
    assert [file.name for file in tmp_path.iterdir()] == ["log.csv"]


def test_predicting_does_not_import_the_heavy_libraries(report: dict[str, Any], log: Path) -> None:
    code = (
        "from pathlib import Path;"
        "from signalbox.learning.durations.running import predict_cases;"
        f"predict_cases(Path({report['model_dir']!r}), Path({str(log)!r}), named={{}})"
    )
    assert imported_by(code, "sklearn", "torch", "duckdb", "numba") == set()
