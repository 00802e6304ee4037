from __future__ import annotations

from datetime import timedelta

import pytest

from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.outcome import Outcome
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task


def an_outcome(
    subject: str = "T-1", option: str = "cards", tenant: str = "default", minutes: float = 0
) -> Outcome:
    return Outcome(
        tenant=tenant,
        subject=subject,
        option=option,
        reporter="dee",
        recorded_at=NOON + timedelta(minutes=minutes),
    )


def test_an_outcome_is_recorded_once(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision())
    assert ledger.record_outcome(an_outcome()) == (an_outcome(), True)
    assert ledger.record_outcome(an_outcome(minutes=9)) == (an_outcome(), False)
    assert [event.type for event in ledger.events(0, 10)] == [
        "decision.committed",
        "outcome.recorded",
    ]
    assert ledger.events(0, 10)[1].data["option"] == "cards"


def test_another_option_is_a_conflict(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision())
    ledger.record_outcome(an_outcome())
    with pytest.raises(Conflict, match="already recorded as 'cards'"):
        ledger.record_outcome(an_outcome(option="loans"))
    assert ledger.outcomes("default", 10) == [(a_decision(), an_outcome())]


@pytest.mark.parametrize("reporter", ["ann", " Ann ", "ANN", "аnn", "a\u200bnn"])
def test_who_asked_does_not_say_what_was_right(ledger: SqlLedger, reporter: str) -> None:
    ledger.commit(a_task(), a_decision())
    with pytest.raises(Conflict, match="separation of duties"):
        ledger.record_outcome(an_outcome().model_copy(update={"reporter": reporter}))
    assert ledger.find_outcome("default", "T-1") is None
    assert ledger.record_outcome(an_outcome()) == (an_outcome(), True)


def test_an_outcome_of_nothing_is_not_found(ledger: SqlLedger) -> None:
    ledger.commit(a_task(tenant="theirs"), a_decision(tenant="theirs"))
    with pytest.raises(NotFound, match="no task 'T-1'"):
        ledger.record_outcome(an_outcome())


def test_feedback_is_the_newest_in_order_with_the_latest_decision(ledger: SqlLedger) -> None:
    for number in range(4):
        subject, tenant = f"T-{number}", f"tenant-{number % 2}"
        ledger.commit(a_task(subject, tenant), a_decision(subject, tenant))
        ledger.commit(a_task(subject, tenant), a_decision(subject, tenant, epoch=2, option="loans"))
        ledger.record_outcome(an_outcome(subject, "loans", tenant, minutes=-number))
    pairs = ledger.outcomes(None, 3)
    assert [outcome.subject for _, outcome in pairs] == ["T-2", "T-1", "T-0"]
    assert all(decision.epoch == 2 for decision, _ in pairs)
    assert all(
        (decision.tenant, decision.subject) == (outcome.tenant, outcome.subject)
        for decision, outcome in pairs
    )
    assert [outcome.subject for _, outcome in ledger.outcomes("tenant-1", 9)] == ["T-3", "T-1"]


def test_an_outcome_before_any_decision_is_kept_but_teaches_nothing(ledger: SqlLedger) -> None:
    ledger.accept(a_task())
    assert ledger.record_outcome(an_outcome())[1] is True
    assert ledger.outcomes("default", 10) == []
    ledger.commit(a_task(), a_decision())
    assert ledger.outcomes("default", 10) == [(a_decision(), an_outcome())]
