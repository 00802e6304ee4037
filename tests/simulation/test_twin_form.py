"""A twin on disk: read back as it was written, and refused by name where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.fields import BadScenario
from signalbox.simulation.reading import read_processes
from signalbox.simulation.tasks import simulated_tasks
from signalbox.simulation.twin_writing import as_value, write_twin
from tests.simulation.make import assert_refused, delayed_by, office, written


def test_a_twin_read_back_lives_through_the_same(tmp_path: Path) -> None:
    process = office(
        **delayed_by([0.0, 1.0, 9.0], 0),
        gaps=np.array([0.5, 1.0, 1.5]),
        costs=np.array([1.0, 2.0, 3.0]),
    )
    path = tmp_path / "twin.json"
    write_twin(process, path, {"cases": 3})
    again = read_processes(path)["office"]
    assert as_value(again) == as_value(process)
    one, two = (simulated_tasks(p, Policy("fifo"), 5, 100) for p in (process, again))
    assert (one.resource == two.resource).all()
    assert one.ended == pytest.approx(two.ended, rel=1e-4)
    assert [file.name for file in tmp_path.iterdir()] == ["twin.json"]


Change = Callable[[dict[str, Any]], None]


def _set(*path: str | int, to: Any) -> Change:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = to

    return change


WRONG: list[tuple[Change, str, str]] = [
    (_set("version", to=2), "version", "1"),
    (_set("form", to="else"), "form", "signalbox twin"),
    (_set("arrival_rates", to=[1.0]), "arrival_rates", "168"),
    (_set("arrival_rates", to=[0.0] * 168), "arrival_rates", "arrivals"),
    (_set("arrival_gaps", to=[2, 1]), "arrival_gaps", "ascending"),
    (_set("schedule", to=[1] * 168), "schedule", "one of the two"),
    (_set("most_steps", to=1.5), "most_steps", "whole"),
    (_set("activities", 0, "service", to=[1, 2]), "activities[0].service", "3"),
    (_set("activities", 1, "name", to="take"), "activities", "once"),
    (_set("activities", 0, "instant", to=1), "activities[0].instant", "give one"),
    (_set("resources", 0, "hours", "mon", to="x"), "resources[0].hours.mon", "24"),
    (_set("resources", 0, "hours", to=None), "resources[0].hours", "object"),
    (_set("resources", 0, "means", "fly", to=1), "resources[0].means.fly", "declare"),
    (_set("resources", 0, "means", "take", to=0), "resources[0].means.take", "above 0"),
    (_set("resources", 2, "means", to={}), "resources", "give it"),
    (_set("classes", 0, "share", to=0.5), "classes", "1"),
    (_set("classes", 0, "start", to=[[0.5, [0]]]), "classes[0].start", "sum of 1"),
    (_set("places", 0, "activity", to="fly"), "places[0].activity", "declare"),
    (_set("places", 0, "next", to=[[1.0, [99]]]), "places[0].next", "0 to 4"),
    (_set("places", 4, "next", to=[[1.0, [4]]]), "places", "end"),
    (_set("groups", 0, "place", to=5), "groups[0].place", "0 to 4"),
    (_set("groups", 0, "need", to=0), "groups[0].need", "1"),
    (_set("groups", 0, "delay", to=1), "groups[0].delay", "0 to 0"),
    (_set("delays", 0, "quantiles", to=[1, 0]), "delays[0].quantiles", "ascending"),
    (_set("delays", 0, "until_age_hours", to=5), "delays[0].until_age_hours", "null"),
]


@pytest.mark.parametrize(("change", "place", "fix"), WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, change: Change, place: str, fix: str) -> None:
    process = office(**delayed_by([0.0, 1.0], 0))
    value = json.loads(json.dumps(as_value(process)))
    # Only bob and ann can take, only ann and cy check, only bob and cy mend.
    value["resources"][1]["means"].pop("mend")
    change(value)
    assert_refused(written(tmp_path, value), place, fix)


def test_every_field_is_needed_or_optional_on_purpose(tmp_path: Path) -> None:
    whole = json.loads(json.dumps(as_value(office())))
    optional = {
        "delay_clock",
        "arrival_rates",
        "arrival_gaps",
        "schedule",
        "interarrival_hours",
        "name",
    }
    for field in set(whole) - optional:
        value = {name: inner for name, inner in whole.items() if name != field}
        with pytest.raises(BadScenario, match=field):
            read_processes(written(tmp_path, value))
    for field in optional - {"interarrival_hours"}:
        value = {name: inner for name, inner in whole.items() if name != field}
        assert len(read_processes(written(tmp_path, value))) == 1
