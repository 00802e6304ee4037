"""Scenario files: both forms are read, and what is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signalbox.simulation.fields import BadScenario
from signalbox.simulation.reading import read_processes
from tests.shared_data import shared
from tests.simulation.make import assert_refused, desk, fork, written


def test_a_mined_process_is_read_as_it_stands(tmp_path: Path) -> None:
    process = read_processes(written(tmp_path, desk()))["desk"]
    assert process.interarrival == pytest.approx(0.5)
    assert process.means[1].tolist() == [0.4, np.inf, 1.5]
    assert process.visits() == pytest.approx([1 / 0.94, 0.6 / 0.94])


def test_minutes_are_turned_into_hours(tmp_path: Path) -> None:
    process = read_processes(written(tmp_path, desk() | {"time_unit": "minutes"}))["desk"]
    assert process.means[0, 0] == pytest.approx(0.2 / 60)
    assert process.interarrival == pytest.approx(0.5 / 60)


def test_a_file_may_hold_several_archetypes(tmp_path: Path) -> None:
    found = read_processes(written(tmp_path, {"one": fork(), "two": fork()}))
    assert list(found) == ["one", "two"]
    assert found["one"].instant.tolist() == [True, False, False, True]
    assert found["one"].visits() == pytest.approx([0, 1, 1, 0], abs=2)
    assert found["one"].visits()[1:3] == pytest.approx([1, 1])


def _change(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(value: dict[str, Any]) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


WRONG = [
    (_change("schedule", to=[1] * 167), "schedule", "168"),
    (_change("schedule", to=[0] * 168), "schedule", "hour with staff"),
    (_change("schedule", to=[1.5] * 168), "schedule", "whole"),
    (_change("mean_interarrival_time", to=0), "mean_interarrival_time", "above 0"),
    (_change("mean_interarrival_time", to=True), "mean_interarrival_time", "number"),
    (_change("time_unit", to="weeks"), "time_unit", "hours"),
    (_change("resources", to=["ann", "ann", "cy"]), "resources", "once"),
    (_change("resource_weights", to=[1, -1, 1]), "resource_weights[1]", "at least 0"),
    (_change("pools", "check", to=["eve"]), "pools.check", "declare"),
    (_change("pools", "check", to=["bob"]), "processing.check.bob", "every member"),
    (_change("processing", "sort", "ann", to=[0, 0]), "processing.sort.ann", "above 0"),
    (_change("next", "sort", to=[["check", 0.5]]), "next.sort", "sum of 1"),
    (_change("next", "sort", to=[["fly", 1.0]]), "next.sort", "declare"),
    (_change("next", "sort", to=3), "next.sort", "sum of 1"),
    (_change("initial", to=[[None, 1.0]]), "initial", "name an activity"),
    (_change("next", "fly", to=[[None, 1.0]]), "next.fly", "declare"),
]


@pytest.mark.parametrize(("change", "place", "fix"), WRONG)
def test_what_is_wrong_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], place: str, fix: str
) -> None:
    value = desk()
    change(value)
    assert_refused(written(tmp_path, value), place, fix)


@pytest.mark.parametrize(
    "field", ["schedule", "next", "processing", "pools", "initial", "resources", "resource_weights"]
)
def test_what_is_missing_is_named(tmp_path: Path, field: str) -> None:
    value = desk()
    del value[field]
    with pytest.raises(BadScenario, match=f"{field}: is missing"):
        read_processes(written(tmp_path, value))


def test_a_branch_nobody_expects_is_refused(tmp_path: Path) -> None:
    value = fork()
    value["process_structure"]["end"]["inputs"] = ["a"]
    with pytest.raises(BadScenario, match="does not expect"):
        read_processes(written(tmp_path, {"one": value}))


def test_an_activity_nobody_can_do_is_refused(tmp_path: Path) -> None:
    value = fork()
    for pool in value["resource_pools"].values():
        del pool["b"]
    with pytest.raises(BadScenario, match="nobody can do 'b'"):
        read_processes(written(tmp_path, {"one": value}))


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"a": 1}', '{"a": 1, "a": 2}', "\udcff"])
def test_what_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadScenario, match=r"scenario\.json"):
        read_processes(path)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["bpi2012", "bpi2017", "production", "archetypes"])
def test_the_published_processes_are_read(name: str) -> None:
    for process in read_processes(shared(f"allocation/{name}.json")).values():
        assert np.isfinite(process.means).any(axis=1)[~process.instant].all()
        assert process.visits().sum() > 0.9


def test_cases_that_would_never_end_are_named(tmp_path: Path) -> None:
    value = desk()
    last = next(iter(value["next"]))
    value["next"] = {name: [[last, 1.0]] for name in value["next"]}
    with pytest.raises(BadScenario, match="never end"):
        read_processes(written(tmp_path, value))
