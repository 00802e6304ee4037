from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.domain.autonomy import Held
from signalbox.domain.limits import Checks, Draw
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import a_decision, a_task


def draw(amount: float, limit: float = 100.0, account: str = "refunds") -> Draw:
    return Draw(account=account, amount=amount, limit=limit)


def commit(ledger: SqlLedger, number: int, *draws: Draw, minutes: float = 0) -> bool:
    subject = f"T-{number}"
    try:
        ledger.commit(
            a_task(subject), a_decision(subject, minutes=minutes), checks=Checks(draws=draws)
        )
    except Held:
        return False
    return True


def test_what_does_not_fit_into_the_day_is_not_committed_and_leaves_nothing(
    ledger: SqlLedger,
) -> None:
    assert commit(ledger, 1, draw(60))
    with pytest.raises(Held, match="60 more would go beyond the day's limit of 100 on 'ref"):
        ledger.commit(a_task("T-2"), a_decision("T-2"), checks=Checks(draws=(draw(60),)))
    assert ledger.find_task("default", "T-2") is None
    assert ledger.latest_decision("default", "T-2") is None
    assert [event.subject for event in ledger.events(0, 10)] == ["T-1"]
    assert commit(ledger, 3, draw(40))


def test_of_several_draws_all_are_taken_or_none(ledger: SqlLedger) -> None:
    assert not commit(ledger, 1, draw(60), draw(2, limit=1, account="messages"))
    assert commit(ledger, 2, draw(100))


def test_a_repeat_takes_nothing(ledger: SqlLedger) -> None:
    assert commit(ledger, 1, draw(60))
    assert commit(ledger, 1, draw(60))
    assert commit(ledger, 2, draw(40))


def test_the_next_day_and_the_next_tenant_begin_anew(ledger: SqlLedger) -> None:
    assert commit(ledger, 1, draw(100))
    assert not commit(ledger, 2, draw(1))
    assert commit(ledger, 3, draw(100), minutes=timedelta(days=1) / timedelta(minutes=1))
    ledger.commit(
        a_task("T-1", "other"), a_decision("T-1", "other"), checks=Checks(draws=(draw(100),))
    )


def test_effects_and_language_models_do_not_share_an_account(ledger: SqlLedger) -> None:
    assert commit(ledger, 1, draw(100, account="llm:host/model"))
    assert ledger.spent("llm:host/model", a_decision().decided_at) == 0.0


def test_a_crowd_takes_no_more_than_there_is(url: str) -> None:
    ledgers = [open_ledger(url) for _ in range(3)]
    try:
        with ThreadPoolExecutor(12) as threads:
            fitted = list(threads.map(lambda n: commit(ledgers[n % 3], n, draw(30)), range(24)))
    finally:
        for ledger in ledgers:
            ledger.close()
    assert sum(fitted) == 3


@given(st.lists(st.integers(0, 60), max_size=12))
def test_what_fits_never_adds_up_to_more_than_the_limit(amounts: list[int]) -> None:
    ledger = open_ledger("sqlite://")
    try:
        fitted = [one for n, one in enumerate(amounts) if commit(ledger, n, draw(one))]
    finally:
        ledger.close()
    left = 100.0
    for one in amounts:
        if one <= left:
            left -= one
    assert sum(fitted) == 100.0 - left
