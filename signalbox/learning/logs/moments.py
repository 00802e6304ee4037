"""Timestamps of a log: read exactly, or refused with the fix."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from signalbox.domain.errors import BadInput

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_SLASHES = re.compile(r"(\d{4})/(\d{2})/(\d{2})(?=$|[ T])")
_NUMBER = re.compile(r"\d{9,}(\.\d+)?")
_DAY_FIRST = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")


class Moments:
    """Reads the times of one file and remembers what it has to be consistent about.

    Times are written year first (ISO 8601, or with slashes) unless ``time_format`` says how; a
    day or month first is never guessed. Times with and without an offset are not mixed unless
    ``zone`` says where the latter are from. A local time that occurs twice when clocks go back is
    taken as the first of the two. Raises BadInput for an unknown zone.
    """

    def __init__(self, name: str, zone: str | None = None, time_format: str | None = None) -> None:
        self._name, self._format = name, time_format
        self._zone: tzinfo | None = _zone_of(zone)
        self._first: dict[str, tuple[int, str]] = {}

    def read(self, line: int, column: str, value: str) -> datetime:
        """The moment ``value`` names, aware; BadInput names line, column and the fix."""
        text = value.strip()
        moment = self._parse(line, column, text)
        # A date among times would silently become midnight.
        if not self._format:
            self._mark("date" if _DATE.fullmatch(text.replace("/", "-")) else "time", line, column)
        self._mark("local" if moment.tzinfo is None else "offset", line, column)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone or UTC)

    def notes(self) -> list[str]:
        """What was assumed, in words."""
        found = []
        if "local" in self._first and self._zone is None:
            found.append("the times carry no UTC offset and are read as UTC; name theirs: --zone")
        if "date" in self._first:
            found.append("the log has dates without times of day: durations are whole days")
        return found

    def _parse(self, line: int, column: str, text: str) -> datetime:
        try:
            if self._format:
                return datetime.strptime(text, self._format)
            return datetime.fromisoformat(_SLASHES.sub(r"\1-\2-\3", text, count=1))
        except ValueError:
            where = f"{self._name}, line {line}, column {column[:60]!r}"
            if not text:
                raise BadInput(
                    f"{where}: no time", hint="fill the time in, or drop the row"
                ) from None
            told = f" in the form {self._format}" if self._format else ""
            raise BadInput(
                f"{where}: {text[:40]!r} is not a time{told}", hint=self._fix(text)
            ) from None

    def _fix(self, text: str) -> str:
        if self._format:
            return "write every time of the file in the form given with --time-format"
        if _NUMBER.fullmatch(text):
            return "seconds or milliseconds since 1970? write them as 2026-03-01T09:30:00Z"
        if _DAY_FIRST.match(text):
            return (
                "day or month first cannot be told apart: say which with --time-format, for "
                "example '%d.%m.%Y %H:%M:%S'"
            )
        return "write times as 2026-03-01 09:30:00, or say how they are with --time-format"

    def _mark(self, kind: str, line: int, column: str) -> None:
        if kind in self._first:
            return
        self._first[kind] = (line, column)
        for one, other, what, fix in (
            ("local", "offset", "no UTC offset", "say where the others are from: --zone Area/City"),
            ("date", "time", "no time of day", "give every event its time of day, or none"),
        ):
            mixed = one in self._first and other in self._first
            if kind in (one, other) and mixed and not (one == "local" and self._zone):
                at, with_it = self._first[one], self._first[other]
                raise BadInput(
                    f"{self._name}: the time at line {at[0]}, column {at[1][:60]!r} has {what}, "
                    f"the one at line {with_it[0]}, column {with_it[1][:60]!r} has one",
                    hint=fix,
                )


def _zone_of(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    try:
        return ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise BadInput(
            f"no time zone {zone[:60]!r}", hint="name it as Europe/Rome or UTC"
        ) from None
