"""Office hours: tickets come from Monday to Friday, 07:30 to 17:30 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# A Monday. The history ends here and the stream begins.
GO_LIVE = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
_SECONDS_A_DAY = 10 * 3600


def office_moment(seconds: float) -> datetime:
    """The moment so many working seconds after go-live (before it, when negative), in UTC."""
    day, second = divmod(seconds, _SECONDS_A_DAY)
    week, weekday = divmod(int(day), 5)
    return GO_LIVE + timedelta(days=7 * week + weekday, seconds=int(second))
