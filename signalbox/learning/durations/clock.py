"""Times as numbers: days since 1970, and the wall clock of the log."""

from __future__ import annotations

from datetime import datetime

DAY_S = 86_400.0


def days(moment: datetime) -> float:
    """Days since 1970-01-01 UTC."""
    return moment.timestamp() / DAY_S


def wall_clock(moment: datetime) -> tuple[float, float]:
    """(hour of day in [0, 24), day of week with its fraction in [0, 7)) where the log was kept.

    Office hours and weekends are told by the wall clock, not by UTC.
    """
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    return hour, moment.weekday() + hour / 24
