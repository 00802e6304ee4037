"""Budget rows: what may still be spent today, kept where every process sees it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite

from sqlalchemy import Connection, bindparam, insert, select, update

from signalbox.domain.errors import BadInput, NotFound
from signalbox.ledger.database import Database
from signalbox.ledger.tables import budget_days, budget_reservations
from signalbox.ledger.upsert import insert_once

MICROS = 1_000_000
# Far from the end of a 64-bit column, however many such sums a day adds up.
MAX_USD = 1e9

_OF_DAY = (
    budget_days.c.account == bindparam("of_account"),
    budget_days.c.day == bindparam("of_day"),
)
# The test and the change are one statement: on PostgreSQL it waits for the row and then looks
# again, on SQLite there is one writer. So no two callers can both get the last of the money.
_TAKE = (
    update(budget_days)
    .where(*_OF_DAY, budget_days.c.used_micros + bindparam("more") <= bindparam("at_most"))
    .values(used_micros=budget_days.c.used_micros + bindparam("more"))
    .returning(budget_days.c.account)
)
_CORRECT = (
    update(budget_days)
    .where(*_OF_DAY)
    .values(used_micros=budget_days.c.used_micros + bindparam("more"))
)
_USED = select(budget_days.c.used_micros).where(*_OF_DAY)
_RESERVED = insert(budget_reservations)
_SETTLE = (
    update(budget_reservations)
    .where(
        budget_reservations.c.id == bindparam("of_id"),
        budget_reservations.c.settled_micros.is_(None),
    )
    .values(settled_micros=bindparam("actual"))
    .returning(*budget_reservations.c)
)
_KNOWN = select(budget_reservations.c.id).where(budget_reservations.c.id == bindparam("of_id"))


def reserve(
    connection: Connection, account: str, usd: float, limit_usd: float, now: datetime
) -> str | None:
    """Set ``usd`` aside for ``account`` on the UTC day of ``now``; None where it does not fit.

    A sum is rounded up and the limit down to a micro-dollar, so rounding never overspends.
    """
    more, at_most = _micros(usd, ROUND_CEILING), _micros(limit_usd, ROUND_FLOOR)
    day = _day(now)
    take = {"of_account": account, "of_day": day, "more": more, "at_most": at_most}
    taken = connection.execute(_TAKE, take).first()
    if taken is None and more <= at_most:
        # Perhaps nobody has begun the day yet. Whoever does, the second look counts.
        insert_once(connection, budget_days, {"account": account, "day": day, "used_micros": 0})
        taken = connection.execute(_TAKE, take).first()
    if taken is None:
        return None
    reservation = f"rsv_{uuid.uuid4().hex}"
    connection.execute(
        _RESERVED,
        {
            "id": reservation,
            "account": account,
            "day": day,
            "reserved_micros": more,
            "reserved_at": now,
        },
    )
    return reservation


def settle(connection: Connection, reservation: str, usd: float) -> None:
    """Put what it came to in the place of what was reserved; the first settlement stays.

    Raises NotFound for a reservation that was never made.
    """
    actual = _micros(usd, ROUND_CEILING)
    row = connection.execute(_SETTLE, {"of_id": reservation, "actual": actual}).first()
    if row is not None:
        change = {"of_account": row.account, "of_day": row.day}
        connection.execute(_CORRECT, change | {"more": actual - row.reserved_micros})
    elif connection.execute(_KNOWN, {"of_id": reservation}).first() is None:
        raise NotFound(f"there is no budget reservation {reservation!r}")


def spent(connection: Connection, account: str, now: datetime) -> float:
    """US dollars of ``account`` settled or still reserved on the UTC day of ``now``."""
    used = connection.scalar(_USED, {"of_account": account, "of_day": _day(now)})
    return (used or 0) / MICROS


def _day(now: datetime) -> date:
    if now.tzinfo is None:
        raise BadInput(
            f"the time {now.isoformat()} has no UTC offset",
            hint="use an aware datetime, such as datetime.now(UTC)",
        )
    return now.astimezone(UTC).date()


def _micros(usd: float, rounding: str) -> int:
    if not isfinite(usd) or not 0 <= usd <= MAX_USD:
        raise BadInput(
            f"{usd} is not an amount of US dollars", hint=f"give a number from 0 to {MAX_USD:.0f}"
        )
    # By way of its shortest spelling: 0.07 is seven cents and not a little more.
    return int((Decimal(repr(float(usd))) * MICROS).to_integral_value(rounding))


class SqlBudget:
    """``signalbox.domain.ports.Budget`` on the ledger's database."""

    _database: Database

    def reserve(self, account: str, usd: float, limit_usd: float, now: datetime) -> str | None:
        """Set ``usd`` aside on the UTC day of ``now``, or None: it would overspend the limit."""
        with self._database.write() as connection:
            return reserve(connection, account, usd, limit_usd, now)

    def settle(self, reservation: str, usd: float) -> None:
        """Replace what was reserved by what it came to. NotFound for an unknown reservation."""
        with self._database.write() as connection:
            settle(connection, reservation, usd)

    def spent(self, account: str, now: datetime) -> float:
        """US dollars settled or still reserved on the UTC day of ``now``."""
        with self._database.read() as connection:
            return spent(connection, account, now)
