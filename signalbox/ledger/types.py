"""Column types whose values mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from signalbox.domain.errors import BadInput


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, microsecond resolution: aware in, aware and UTC out.

    SQLite has no time zones and keeps what it is given, so the offset is settled here. Raises
    BadInput on a naive datetime, which names no instant.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise BadInput(
                f"the time {value.isoformat()} has no UTC offset",
                hint="use an aware datetime, such as datetime.now(UTC)",
            )
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
