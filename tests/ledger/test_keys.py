from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from signalbox.domain.errors import Conflict
from signalbox.ledger.keys import ABANDONED, REMEMBERED, Remembered
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import NOON

TICK = timedelta(microseconds=1)


def test_a_settled_key_replays_its_answer_for_a_day(ledger: SqlLedger) -> None:
    assert ledger.claim_key("default", "k", "d", NOON) is None
    ledger.settle_key("default", "k", 201, '{"id": "T-1", "text": "\\u0000"}')
    answered = Remembered(201, '{"id": "T-1", "text": "\\u0000"}')
    assert ledger.claim_key("default", "k", "d", NOON) == answered
    assert ledger.claim_key("default", "k", "d", NOON + REMEMBERED - TICK) == answered
    assert ledger.claim_key("default", "k", "other", NOON + REMEMBERED) is None
    with pytest.raises(Conflict, match="another request"):
        ledger.claim_key("default", "k", "d", NOON + REMEMBERED)


def test_a_claim_in_progress_may_be_taken_over_once_abandoned(ledger: SqlLedger) -> None:
    assert ledger.claim_key("default", "k", "d", NOON) is None
    with pytest.raises(Conflict, match="in progress"):
        ledger.claim_key("default", "k", "d", NOON + ABANDONED - TICK)
    with pytest.raises(Conflict, match="another request"):
        ledger.claim_key("default", "k", "other", NOON + ABANDONED)
    assert ledger.claim_key("default", "k", "d", NOON + ABANDONED) is None
    with pytest.raises(Conflict, match="in progress"):
        ledger.claim_key("default", "k", "d", NOON + ABANDONED)


def test_the_first_answer_to_a_key_stays(ledger: SqlLedger) -> None:
    ledger.claim_key("default", "k", "d", NOON)
    ledger.settle_key("default", "k", 200, "first")
    ledger.settle_key("default", "k", 500, "second")
    ledger.release_key("default", "k")
    assert ledger.claim_key("default", "k", "d", NOON) == Remembered(200, "first")


def test_a_released_key_is_new_again(ledger: SqlLedger) -> None:
    ledger.claim_key("default", "k", "d", NOON)
    ledger.release_key("default", "k")
    assert ledger.claim_key("default", "k", "other", NOON) is None


def test_keys_of_two_tenants_are_two_keys(ledger: SqlLedger) -> None:
    assert ledger.claim_key("ours", "k", "d", NOON) is None
    ledger.settle_key("theirs", "k", 200, "theirs")
    ledger.release_key("theirs", "k")
    assert ledger.claim_key("theirs", "k", "e", NOON) is None
    with pytest.raises(Conflict, match="in progress"):
        ledger.claim_key("ours", "k", "d", NOON)


def test_of_many_who_claim_at_once_one_gets_it(ledger: SqlLedger) -> None:
    barrier = threading.Barrier(8)
    got: list[bool] = []

    def claim() -> None:
        barrier.wait()
        try:
            got.append(ledger.claim_key("default", "k", "d", NOON) is None)
        except Conflict:
            got.append(False)

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_opening_forgets_old_keys(url: str) -> None:
    first = open_ledger(url)
    first.claim_key("default", "k", "d", NOON - timedelta(days=1000))
    first.close()
    second = open_ledger(url)
    assert second.claim_key("default", "k", "other", NOON - timedelta(days=1000)) is None
    second.close()


def test_a_clock_that_is_set_back_does_not_make_a_claim_wait_an_hour(ledger: SqlLedger) -> None:
    hour = timedelta(hours=1)
    assert ledger.claim_key("default", "k", "d", NOON) is None
    with pytest.raises(Conflict, match="in progress"):
        ledger.claim_key("default", "k", "d", NOON - ABANDONED)
    assert ledger.claim_key("default", "k", "d", NOON - hour) is None
    ledger.settle_key("default", "k", 200, "first")
    ledger.settle_key("default", "k", 200, "second")
    # What was answered is not forgotten, whatever the clock shows.
    for shown in (NOON - hour, NOON, NOON + hour):
        assert ledger.claim_key("default", "k", "d", shown) == Remembered(200, "first")


def test_a_claim_tried_again_finds_its_first_try(ledger: SqlLedger):
    """Its first try may have been committed while the answer to it was lost."""
    assert ledger.claim_key("default", "k", "d", NOON) is None
    assert ledger.claim_key("default", "k", "d", NOON, again=True) is None
    for digest, now in (("other", NOON), ("d", NOON + TICK)):
        with pytest.raises(Conflict):
            ledger.claim_key("default", "k", digest, now, again=True)
    with pytest.raises(Conflict):
        ledger.claim_key("default", "k", "d", NOON)
    ledger.settle_key("default", "k", 200, "{}")
    assert ledger.claim_key("default", "k", "d", NOON, again=True) == Remembered(200, "{}")
