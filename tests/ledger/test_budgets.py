from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.domain.errors import BadInput, NotFound
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import NOON
from tests.ledger.test_processes import line, start


def test_the_limit_is_met_to_the_last_cent_and_not_passed(ledger: SqlLedger) -> None:
    # In binary floats 0.1 + 0.1 + 0.1 > 0.3: the third call would be refused.
    got = [ledger.reserve("host", 0.1, 0.3, NOON) for _ in range(4)]
    assert [one is not None for one in got] == [True, True, True, False]
    assert len(set(got)) == 4
    assert ledger.spent("host", NOON) == 0.3
    assert ledger.reserve("host", 0.000001, 0.3, NOON) is None
    assert ledger.reserve("host", 0.0, 0.3, NOON) is not None


def test_a_clock_that_jumps_over_midnight_and_back_gives_each_day_its_limit_once(
    ledger: SqlLedger,
) -> None:
    evening = NOON.replace(hour=23, minute=30)
    hour = timedelta(hours=1)
    taken = [
        ledger.reserve("r1", 0.6, 1.0, shown) is not None
        for shown in (evening, evening + hour, evening, evening + hour, evening - hour)
    ]
    assert taken == [True, True, False, False, False]


def test_settling_gives_back_what_was_not_used_once(ledger: SqlLedger) -> None:
    first = ledger.reserve("host", 0.5, 1, NOON)
    second = ledger.reserve("host", 0.5, 1, NOON)
    assert first is not None and second is not None
    ledger.settle(first, 0.2)
    ledger.settle(first, 0.0)
    ledger.settle(first, 0.9)
    assert ledger.spent("host", NOON) == 0.7
    assert ledger.reserve("host", 0.31, 1, NOON) is None
    assert ledger.reserve("host", 0.3, 1, NOON) is not None


def test_more_than_was_reserved_is_recorded_as_it_is(ledger: SqlLedger) -> None:
    got = ledger.reserve("host", 0.5, 1, NOON)
    assert got is not None
    ledger.settle(got, 1.5)
    assert ledger.spent("host", NOON) == 1.5
    assert ledger.reserve("host", 0.000001, 1, NOON) is None


def test_days_are_utc_and_a_late_settlement_belongs_to_the_day_of_its_reservation(
    ledger: SqlLedger,
) -> None:
    before = datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=NOON.tzinfo)
    after = before + timedelta(microseconds=1)
    elsewhere = before.astimezone(timezone(timedelta(hours=14)))
    got = ledger.reserve("host", 1, 1, before)
    assert got is not None
    assert ledger.reserve("host", 1, 1, elsewhere) is None
    assert ledger.reserve("host", 0.4, 1, after) is not None
    ledger.settle(got, 0.25)
    assert ledger.spent("host", elsewhere) == 0.25
    assert ledger.spent("host", after) == 0.4


def test_accounts_do_not_share(ledger: SqlLedger) -> None:
    assert ledger.reserve("one", 1, 1, NOON) is not None
    assert ledger.reserve("other", 1, 1, NOON) is not None
    assert ledger.reserve("one", 1, 1, NOON) is None


def test_what_is_refused_leaves_no_trace(ledger: SqlLedger) -> None:
    assert ledger.reserve("host", 2, 1, NOON) is None
    assert ledger.spent("host", NOON) == 0
    with pytest.raises(NotFound, match="rsv_unknown"):
        ledger.settle("rsv_unknown", 0.1)
    for amount in (-0.01, math.nan, math.inf, 2e9):
        with pytest.raises(BadInput, match="not an amount"):
            ledger.reserve("host", amount, 1, NOON)
        with pytest.raises(BadInput, match="not an amount"):
            ledger.reserve("host", 0, amount, NOON)
    with pytest.raises(BadInput, match="no UTC offset"):
        ledger.reserve("host", 0.1, 1, NOON.replace(tzinfo=None))


def test_a_restart_does_not_forget(url: str) -> None:
    first = open_ledger(url)
    settled, held = (first.reserve("host", 0.5, 1, NOON) for _ in range(2))
    assert settled is not None and held is not None
    first.settle(settled, 0.1)
    first.close()
    second = open_ledger(url)
    assert second.spent("host", NOON) == 0.6
    assert second.reserve("host", 0.41, 1, NOON) is None
    second.settle(held, 0.2)
    assert second.spent("host", NOON) == 0.3
    second.close()


def test_what_a_killed_process_reserved_counts_as_spent(ledger: SqlLedger, url: str) -> None:
    child = start("hold", url, "0.7", "1")
    assert line(child).startswith("rsv_")
    child.kill()
    child.communicate(timeout=10)
    assert ledger.spent("host", NOON) == 0.7
    assert ledger.reserve("host", 0.31, 1, NOON) is None


@pytest.mark.parametrize("back", ["", "0.03"])
def test_200_at_once_in_two_processes_never_overspend(
    ledger: SqlLedger, url: str, tmp_path: Path, back: str
) -> None:
    """Each call reserves 10 cents of 3 dollars; where settled, it comes to three."""
    go = tmp_path / "go"
    spenders = [start("spend", url, str(go), "100", "0.1", "3", back) for _ in range(2)]
    assert [line(spender) for spender in spenders] == ["ready", "ready"]
    go.touch()
    heard = [spender.communicate(timeout=120)[0].split() for spender in spenders]
    assert [len(words) for words in heard] == [100, 100]
    got = sum(words.count("got") for words in heard)
    if back:
        # Room comes back as calls are settled, but the last one still had to find 10 cents.
        assert 30 <= got <= 97
        assert ledger.spent("host", NOON) == pytest.approx(got * 0.03, abs=1e-9)
    else:
        assert got == 30
        assert ledger.spent("host", NOON) == 3


@pytest.fixture(scope="module")
def in_memory() -> Iterator[SqlLedger]:
    opened = open_ledger("sqlite://")
    yield opened
    opened.close()


amounts = st.integers(0, 60_000).map(lambda tenths: tenths / 10_000_000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), amounts, st.integers(0, 1)),
        st.tuples(st.just("settle"), amounts, st.integers(0, 20)),
    ),
    max_size=40,
)


@given(steps)
def test_whatever_the_order_the_sum_is_right(
    in_memory: SqlLedger, taken: list[tuple[str, float, int]]
) -> None:
    """Against a plain account in exact fractions; the limit is a cent."""
    run = uuid.uuid4().hex
    limit, open_ids = 0.01, list[tuple[str, str]]()
    books: dict[str, dict[str, Fraction]] = {}
    for verb, usd, number in taken:
        exact = Fraction(math.ceil(Fraction(str(usd)) * 10**6), 10**6)
        if verb == "reserve":
            account = f"{run}-{number}"
            book = books.setdefault(account, {})
            got = in_memory.reserve(account, usd, limit, NOON)
            assert (got is not None) == (sum(book.values()) + exact <= Fraction(1, 100))
            if got is not None:
                book[got] = exact
                open_ids.append((account, got))
        elif open_ids:
            account, one = open_ids.pop(number % len(open_ids))
            in_memory.settle(one, usd)
            books[account][one] = exact
    for account, book in books.items():
        assert in_memory.spent(account, NOON) == pytest.approx(float(sum(book.values())), abs=1e-9)
