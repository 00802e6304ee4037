"""Answers from several processes at once, and answers against the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.errors import Conflict
from signalbox.ledger import answers, approvals
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_task, an_approval
from tests.ledger.test_processes import line, start

T = TypeVar("T")
YES = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")


def test_an_answer_and_the_expiry_never_both_count(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    count, go = 60, tmp_path / "go"
    for number in range(count):
        subject = f"T-{number:02}"
        ledger.park(a_task(subject), an_approval(subject, minutes=number))
    racers = [start(verb, url, str(go), str(count)) for verb in ("answer", "expire")]
    assert [line(racer) for racer in racers] == ["ready", "ready"]
    go.touch()
    heard = [racer.communicate(timeout=60)[0].split() for racer in racers]
    answered, expired = (set(one) for one in heard)
    assert len(answered) + len(expired) == count
    assert not answered & expired
    kept = {one.subject: one for one in ledger.approvals("default", limit=count)}
    for subject in answered:
        assert kept[subject].state is ApprovalState.ANSWERED
        assert len(kept[subject].votes) == 1
    for subject in expired:
        assert kept[subject].state is ApprovalState.EXPIRED
        assert (kept[subject].answer, kept[subject].votes) == (None, ())


def behind(ledger: SqlLedger, first: Callable[[Connection], object], then: Callable[[], T]) -> T:
    """What ``then`` comes to when it begins while the transaction of ``first`` is still open."""
    with ThreadPoolExecutor(1) as threads:
        with ledger._database.write() as connection:
            first(connection)
            second = threads.submit(then)
            time.sleep(0.2)
            assert not second.done()
        return second.result(timeout=10)


def test_an_answer_in_time_loses_to_an_expiry_that_was_first(ledger: SqlLedger) -> None:
    asked = an_approval()
    ledger.park(a_task(), asked)
    with pytest.raises(Conflict, match="expired"):
        behind(
            ledger,
            lambda connection: approvals.expire(connection, asked.expires_at),
            lambda: ledger.answer("default", asked.id, YES, NOON),
        )
    found = ledger.find_approval("default", asked.id)
    assert found is not None
    assert (found.state, found.votes) == (ApprovalState.EXPIRED, ())


def test_an_expiry_spares_an_answer_that_was_first(ledger: SqlLedger) -> None:
    asked = an_approval()
    ledger.park(a_task(), asked)
    marked = behind(
        ledger,
        lambda connection: answers.answer(connection, "default", asked.id, YES, NOON),
        lambda: ledger.expire(asked.expires_at),
    )
    assert marked == []
    found = ledger.find_approval("default", asked.id)
    assert found is not None
    assert found.state is ApprovalState.ANSWERED


def test_votes_from_two_processes_are_counted_together(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    asked = an_approval().model_copy(update={"needed": 7})
    ledger.park(a_task(), asked)
    voters = [start("vote", url, name, str(go), "25") for name in ("east", "west")]
    assert [line(voter) for voter in voters] == ["ready", "ready"]
    go.touch()
    heard = [word for voter in voters for word in voter.communicate(timeout=60)[0].split()]
    assert (heard.count("answered"), heard.count("waiting")) == (1, 6)
    assert heard.count("late") == 43
    stored = ledger.find_approval("default", asked.id)
    assert stored is not None
    assert stored.state is ApprovalState.ANSWERED
    assert len(set(stored.voters("cards"))) == len(stored.votes) == 7
