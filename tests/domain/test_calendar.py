"""Shifts on the wall clock, through midnight and through changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from signalbox.domain.calendar import DAYS, Calendar, Shift


def calendar(*shifts, zone="Europe/Rome"):
    return Calendar(
        zone=zone,
        shifts=[Shift(days=days, start=start, until=until) for days, start, until in shifts],
    )


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = calendar((("mon", "tue", "wed", "thu", "fri"), "09:00", "17:30"))


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("2026-11-25T08:00", True),  # Wednesday, 9:00 in Rome
        ("2026-11-25T07:59", False),
        ("2026-11-25T16:29", True),
        ("2026-11-25T16:30", False),
        ("2026-11-28T10:00", False),  # Saturday
        ("2026-07-01T07:00", True),  # 9:00 in summer
        ("2026-07-01T06:59", False),
    ],
)
def test_office_hours_follow_the_clock_on_the_wall(moment, there):
    assert OFFICE.on_shift(at(moment)) is there


def test_a_night_shift_belongs_to_the_day_it_begins():
    night = calendar((("fri",), "22:00", "06:00"), zone="UTC")
    assert night.on_shift(at("2026-11-27T22:00"))
    assert night.on_shift(at("2026-11-28T05:59"))
    assert not night.on_shift(at("2026-11-28T06:00"))
    assert not night.on_shift(at("2026-11-27T05:00")), "Thursday had none"


def test_midnight_to_midnight_is_the_whole_day():
    sunday = calendar((("sun",), "00:00", "00:00"), zone="UTC")
    assert sunday.on_shift(at("2026-11-29T00:00")) and sunday.on_shift(at("2026-11-29T23:59"))
    assert not sunday.on_shift(at("2026-11-30T00:00"))


def test_hours_between_leaves_nights_and_weekends_out():
    friday, monday = at("2026-11-27T15:30"), at("2026-11-30T09:00")
    assert OFFICE.hours_between(friday, monday) == pytest.approx(2.0)
    assert OFFICE.hours_between(monday, friday) == 0.0


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    first=st.integers(0, 5000),
    second=st.integers(0, 5000),
)
def test_hours_add_up(start, first, second):
    begin = start.replace(tzinfo=UTC)
    middle = begin + timedelta(minutes=first)
    end = middle + timedelta(minutes=second)
    whole = OFFICE.hours_between(begin, end)
    assert whole == pytest.approx(
        OFFICE.hours_between(begin, middle) + OFFICE.hours_between(middle, end)
    )
    assert 0 <= whole <= (end - begin) / timedelta(hours=1)


def test_what_is_no_calendar_is_named():
    with pytest.raises(ValidationError, match="is no time zone"):
        Calendar(zone="Mars/Olympus", shifts=OFFICE.shifts)
    for wrong in ("9:00", "24:00", "09:00Z", 9, "09:00\n"):
        with pytest.raises(ValidationError, match="write it like 09:30"):
            Shift(days=("mon",), start=wrong, until="10:00")
    with pytest.raises(ValidationError, match="days"):
        Shift(days=("monday",), start="09:00", until="10:00")


def test_it_comes_back_from_json_as_it_was():
    assert Calendar.model_validate_json(OFFICE.model_dump_json()) == OFFICE
    assert OFFICE.model_dump(mode="json")["shifts"][0]["start"] == "09:00"
    assert len(DAYS) == 7
