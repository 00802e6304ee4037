from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from signalbox.domain.errors import BadInput
from signalbox.ledger.store import SqlLedger
from signalbox.ledger.tables import idempotency

_offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
_moments = st.datetimes(datetime(1971, 1, 2), datetime(2199, 1, 1), timezones=_offsets)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moment=_moments)
def test_an_instant_comes_back_in_utc(ledger: SqlLedger, moment: datetime) -> None:
    row = {"tenant": "default", "key": "k", "digest": "d", "claimed_at": moment}
    with ledger._database.write() as connection:
        connection.execute(idempotency.delete())
        connection.execute(insert(idempotency), row)
    with ledger._database.read() as connection:
        found = connection.execute(select(idempotency.c.claimed_at)).scalar_one()
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_naive_datetime_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(BadInput, match="no UTC offset"):
        ledger.claim_key("default", "k", "d", datetime(2026, 1, 1))
    with pytest.raises(BadInput, match="no UTC offset"):
        ledger.expire(datetime(2026, 1, 1))
    assert ledger.claim_key("default", "k", "d", datetime(2026, 1, 1, tzinfo=UTC)) is None
