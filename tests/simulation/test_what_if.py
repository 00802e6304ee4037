"""Changes to a process: each does what it says, and what cannot be is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from signalbox.domain.errors import BadInput
from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.figures import paired, run_all
from signalbox.simulation.reading import read_processes
from signalbox.simulation.what_if import change
from tests.simulation.make import OFFICE, desk, office, written

BUSY = {"rates": np.where(OFFICE, 1.8, 0.0)}


def effect(*changes: str, name: str = "mean_wait") -> tuple[float, list[float]]:
    """The difference the changes make to a figure of a busy office, and its interval."""
    process = office(**BUSY)
    runs = [
        run_all(p, Policy("fifo"), range(12), cases=300)
        for p in (process, change(process, changes).process)
    ]
    found = paired(*runs)[name]
    return found["difference"], found["interval"]


def test_twice_the_staff_waits_less_and_costs_more() -> None:
    difference, (_, high) = effect("staff=2")
    assert difference < 0 and high < 0
    _, (low, _) = effect("staff=2", name="cost")
    assert low > 0


def test_more_work_waits_longer() -> None:
    _, (low, _) = effect("load=1.2")
    assert low > 0


def test_a_skill_granted_helps_and_one_withdrawn_hurts() -> None:
    assert effect("grant=check:bob")[1][1] < 0
    assert effect("withdraw=check:cy")[1][0] > 0


def test_no_change_makes_no_difference() -> None:
    assert effect("load=1") == (0.0, [0.0, 0.0])
    assert effect("staff=1", name="cost") == (0.0, [0.0, 0.0])


def test_the_only_one_who_can_is_not_taken_away() -> None:
    process = change(office(), ["withdraw=mend:cy"]).process
    for text in ("withdraw=mend:bob", "remove=bob"):
        with pytest.raises(BadInput, match="nobody is left who can do 'mend'") as caught:
            change(process, [text])
        assert "grant=mend" in caught.value.hint


def test_people_are_added_and_leave_by_name() -> None:
    process = change(office(), ["add=ann:2", "remove=bob"]).process
    assert process.resources == ("ann", "ann #2", "ann #3", "cy")
    assert process.details.calendars.shape == (4, 168)
    assert (process.means[:, 0] == process.means[:, 2]).all()


@pytest.mark.parametrize(("factor", "count"), [("0.67", 2), ("1.34", 4), ("2", 6), ("3", 9)])
def test_a_share_of_staff_is_whole_people(factor: str, count: int) -> None:
    changed = change(office(), [f"staff={factor}"]).process
    assert len(changed.resources) == len(set(changed.resources)) == count
    assert changed.details.calendars.shape == (count, 168)


def test_a_pooled_schedule_grows_with_the_staff(tmp_path: Path) -> None:
    process = read_processes(written(tmp_path, desk()))["desk"]
    twice = change(process, ["staff=2"]).process
    assert (twice.schedule == 2 * process.schedule).all()
    assert (change(process, ["add=ann"]).process.schedule == process.schedule + 1).all()
    fewer = change(process, ["remove=bob"]).process
    assert (fewer.schedule >= 1).all() and fewer.schedule.max() == process.schedule.max() - 1


def test_a_grant_takes_the_hours_it_is_given_or_the_usual_ones() -> None:
    told = change(office(), ["grant=check:bob:2.5"]).process
    assert told.means[1, 1] == 2.5
    usual = change(office(), ["grant=check:bob"]).process
    assert 0.3 < usual.means[1, 1] < 1.0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("staff", "is no change"),
        ("staff=none", "no number above 0"),
        ("staff=-1", "no number above 0"),
        ("load=0", "no number above 0"),
        ("add=dan", "no resource 'dan'"),
        ("add=ann:x", "no number of people"),
        ("remove=anne", "no resource 'anne'"),
        ("grant=fly:ann", "no activity 'fly'"),
        ("grant=take:dan", "no resource 'dan'"),
        ("grant=take", "names no resource"),
        ("withdraw=check:bob", "nothing that could be withdrawn"),
        ("hire=ann", "is no change"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, word: str) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        change(office(), [text])
    assert caught.value.hint
