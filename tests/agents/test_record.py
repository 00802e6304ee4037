"""A certificate that outcomes contradict, and how it is believed again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from agents.record import Record
from signalbox.domain.consultation import Consultation
from signalbox.domain.decision import Decision, Trace
from signalbox.domain.enums import DecisionStatus, Kind, Source
from signalbox.domain.outcome import Outcome
from signalbox.domain.prediction import Promise, Proposal
from tests.agents.certified import certified

PROMISE = Promise(key="one", target_error=0.05, level=0.95)
QUESTION = Consultation(kind=Kind.ROUTING, tenant="default", subject="t", offered=("a", "b"))


def decision(promise: Promise | None, source: Source = Source.AGENT) -> Decision:
    advice = Proposal(option="a", promise=promise)
    return Decision(
        id="d",
        subject="t",
        epoch=1,
        status=DecisionStatus.DECIDED,
        source=source,
        option="a",
        trace=Trace(advice=advice),
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def feed(record: Record, right: str, times: int, **more: Source) -> None:
    for _ in range(times):
        record.feed_back(decision(PROMISE, **more), Outcome(subject="t", option=right))


def test_errors_suspend_one_certificate_and_no_other() -> None:
    record = Record()
    feed(record, "b", 12)
    assert record.suspended(PROMISE)
    assert not record.suspended(PROMISE.model_copy(update={"key": "two"}))
    assert record.alarms == 1 and record.suspensions() == ["one"]


def test_errors_at_the_promised_rate_do_not() -> None:
    record = Record()
    for _ in range(30):
        feed(record, "a", 19)
        feed(record, "b", 1)
    assert not record.suspended(PROMISE)


def test_it_is_believed_again_once_people_have_found_it_right() -> None:
    record = Record()
    feed(record, "b", 12)
    feed(record, "a", 20, source=Source.PERSON)
    assert record.suspended(PROMISE)
    feed(record, "a", 60, source=Source.PERSON)
    assert not record.suspended(PROMISE)


def test_a_proposal_that_met_no_certificate_says_nothing() -> None:
    record = Record()
    for _ in range(50):
        record.feed_back(decision(None), Outcome(subject="t", option="b"))
    assert record.suspensions() == []


def test_a_suspended_model_still_proposes_and_says_why_it_may_not_act() -> None:
    consultant = certified("a")
    before = asyncio.run(consultant.consult(QUESTION)).proposal
    assert before is not None and before.promise is not None and before.certified
    for _ in range(12):
        told = decision(before.promise)
        consultant.feed_back(told, Outcome(subject="t", option="b"))
    after = asyncio.run(consultant.consult(QUESTION)).proposal
    assert after is not None and not after.certified and after.option == "a"
    assert after.certified_bound is None and after.promise == before.promise
    assert "turned out wrong" in after.doubt
    assert consultant.report()["suspended"] == [before.promise.key]
