"""When a resource is there: shifts of a week, in a time zone of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from signalbox.domain.base import Value

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_ZONES = frozenset(available_timezones())


def _a_zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError(f"'{name[:80]}' is no time zone; write it like Europe/Rome")
    return name


def _on_the_clock(given: object) -> object:
    if isinstance(given, time) and given.tzinfo is None:
        return given
    if not isinstance(given, str) or not re.fullmatch(_CLOCK, given):
        raise ValueError(f"{str(given)[:40]!r} is no time; write it like 09:30")
    return time.fromisoformat(given)


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Zone = Annotated[str, AfterValidator(_a_zone), Field(json_schema_extra={"enum": sorted(_ZONES)})]
WallTime = Annotated[
    time,
    BeforeValidator(_on_the_clock),
    PlainSerializer(lambda moment: moment.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": _CLOCK}),
]
"""Hours and minutes as they are read off a clock on the wall."""


class Shift(Value):
    """Hours on the same days of every week. ``until`` that is not after ``start`` lies in the next
    day: 00:00 to 00:00 is a whole one."""

    days: tuple[Day, ...] = Field(min_length=1, max_length=7)
    start: WallTime
    until: WallTime


class Calendar(Value):
    """The weekly shifts of one resource, on the wall clock of ``zone`` (summer time included)."""

    zone: Zone = "UTC"
    shifts: tuple[Shift, ...] = Field(min_length=1, max_length=50)

    def on_shift(self, moment: datetime) -> bool:
        """Whether somebody with this calendar works at ``moment``."""
        local = moment.astimezone(ZoneInfo(self.zone))
        today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
        now = local.time().replace(tzinfo=None)
        for shift in self.shifts:
            overnight = shift.until <= shift.start
            if today in shift.days and shift.start <= now and (overnight or now < shift.until):
                return True
            if overnight and yesterday in shift.days and now < shift.until:
                return True
        return False

    def hours_between(self, begin: datetime, end: datetime) -> float:
        """Working hours from ``begin`` to ``end``, to a minute; what is over 14 days is cut off.

        Counted in UTC minutes at quarter-hour steps and exact at both ends, which is enough to
        learn from: shifts begin on quarters of an hour.
        """
        if end <= begin:
            return 0.0
        begin, end = begin.astimezone(UTC), min(end, begin + timedelta(days=14)).astimezone(UTC)
        total, at = timedelta(), begin
        while at < end:
            minute = at.minute - at.minute % 15
            step = at.replace(minute=minute, second=0, microsecond=0) + timedelta(minutes=15)
            step = min(step, end)
            if self.on_shift(at):
                total += step - at
            at = step
        return total / timedelta(hours=1)
