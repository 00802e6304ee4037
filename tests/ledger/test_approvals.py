from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.errors import Conflict, NotFound
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task, an_approval

SOON = NOON + timedelta(minutes=5)


def an_answer(**given: Any) -> ApprovalAnswer:
    return ApprovalAnswer(**{"decision": ApprovalVerb.APPROVE, "actor": "ben"} | given)


def test_a_parked_approval_comes_back_whole(ledger: SqlLedger) -> None:
    approval = an_approval()
    assert ledger.park(a_task(), approval) == approval
    assert ledger.find_approval("default", approval.id) == approval


def test_parking_again_returns_the_first(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    other = an_approval(minutes=7).model_copy(update={"id": "apr-other"})
    assert ledger.park(a_task(), other) == an_approval()
    assert ledger.find_approval("default", "apr-other") is None


def test_parking_what_is_committed_is_a_conflict(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision())
    with pytest.raises(Conflict, match="already committed"):
        ledger.park(a_task(), an_approval())
    assert ledger.approvals("default", limit=10) == []


def test_an_approval_id_is_for_one_decision(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    stolen = an_approval("T-2").model_copy(update={"id": an_approval().id})
    with pytest.raises(Conflict, match="another decision"):
        ledger.park(a_task("T-2"), stolen)
    assert ledger.find_task("default", "T-2") is None


def test_an_answer_is_recorded_with_its_time(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    given = an_answer(decision=ApprovalVerb.EDIT, option="loans", digest=an_approval().digest)
    answered = ledger.answer("default", an_approval().id, given, SOON)
    assert answered.state is ApprovalState.ANSWERED
    assert (answered.answer, answered.answered_at) == (given, SOON)
    assert ledger.find_approval("default", an_approval().id) == answered


def test_a_second_answer_hears_who_was_first(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    ledger.answer("default", an_approval().id, an_answer(), SOON)
    with pytest.raises(Conflict, match=r"approve by 'ben' at 2026-03-01T12:05:00\.123456"):
        ledger.answer("default", an_approval().id, an_answer(actor="cy", decision="reject"), SOON)
    found = ledger.find_approval("default", an_approval().id)
    assert found is not None
    assert found.answer == an_answer()


def test_an_unknown_approval_is_not_found(ledger: SqlLedger) -> None:
    with pytest.raises(NotFound, match="apr-none"):
        ledger.answer("default", "apr-none", an_answer(), SOON)


def test_an_answer_to_another_action_does_not_count(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    with pytest.raises(Conflict, match="another action"):
        ledger.answer("default", an_approval().id, an_answer(digest="0" * 64), SOON)
    found = ledger.find_approval("default", an_approval().id)
    assert found is not None
    assert found.state is ApprovalState.WAITING


@pytest.mark.parametrize(
    "actor",
    [
        "ann",
        "Ann",
        " ann ",
        "\uff41\uff4e\uff4e",
        "ann\u200b",
        "a\u00adnn",
        "ann\ufe0f",
        "\u3164ann",
    ],
)
def test_who_asked_may_not_answer(ledger: SqlLedger, actor: str) -> None:
    ledger.park(a_task(), an_approval())
    with pytest.raises(Conflict, match="separation of duties"):
        ledger.answer("default", an_approval().id, an_answer(actor=actor), SOON)
    assert ledger.answer("default", an_approval().id, an_answer(), SOON).answer == an_answer()


def test_an_answer_after_expiry_does_not_count_even_before_the_sweep(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    with pytest.raises(Conflict, match="expired at 2026-03-01T13:00:00"):
        ledger.answer("default", an_approval().id, an_answer(), an_approval().expires_at)


def test_expiry_marks_each_once_and_spares_the_answered(ledger: SqlLedger) -> None:
    for number in range(3):
        ledger.park(a_task(f"T-{number}"), an_approval(f"T-{number}", minutes=number))
    ledger.answer("default", an_approval("T-0").id, an_answer(), SOON)
    assert ledger.expire(NOON + timedelta(minutes=30)) == []
    marked = ledger.expire(NOON + timedelta(minutes=61))
    assert [(one.subject, one.state) for one in marked] == [("T-1", ApprovalState.EXPIRED)]
    assert ledger.expire(NOON + timedelta(minutes=61)) == []
    with pytest.raises(Conflict, match="expired"):
        ledger.answer("default", an_approval("T-1").id, an_answer(), SOON)


def test_a_commit_settles_the_approval_of_its_decision(ledger: SqlLedger) -> None:
    for number in (1, 2):
        ledger.park(a_task(f"T-{number}"), an_approval(f"T-{number}"))
    ledger.answer("default", an_approval().id, an_answer(), SOON)
    ledger.commit(a_task(), a_decision())
    found = ledger.find_approval("default", an_approval().id)
    other = ledger.find_approval("default", an_approval("T-2").id)
    assert found is not None
    assert other is not None
    assert (found.state, found.answer) == (ApprovalState.SETTLED, an_answer())
    assert other.state is ApprovalState.WAITING
    assert [event.type for event in ledger.events(0, 10)] == [
        "approval.asked",
        "approval.asked",
        "approval.answered",
        "decision.committed",
    ]
    assert ledger.park(a_task(), an_approval()).state is ApprovalState.SETTLED
    with pytest.raises(Conflict, match="already answered"):
        ledger.answer("default", an_approval().id, an_answer(), SOON)


def test_settled_without_an_answer_says_so(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    ledger.commit(a_task(), a_decision())
    with pytest.raises(Conflict, match="was committed"):
        ledger.answer("default", an_approval().id, an_answer(), SOON)


def test_the_list_is_oldest_first_by_state_and_tenant(ledger: SqlLedger) -> None:
    for number in range(4):
        tenant = f"tenant-{number % 2}"
        subject = f"T-{number}"
        ledger.park(a_task(subject, tenant), an_approval(subject, tenant, minutes=-number))
    ledger.answer("tenant-1", an_approval("T-3").id, an_answer(), SOON - timedelta(minutes=5))
    everywhere = ledger.approvals(None, state=ApprovalState.WAITING, limit=10)
    assert [one.subject for one in everywhere] == ["T-2", "T-1", "T-0"]
    assert [one.subject for one in ledger.approvals("tenant-1", limit=10)] == ["T-3", "T-1"]
    assert [one.subject for one in ledger.approvals(None, limit=2)] == ["T-3", "T-2"]


def test_of_many_who_answer_at_once_one_wins(ledger: SqlLedger) -> None:
    for attempt in range(5):
        subject = f"T-{attempt}"
        ledger.park(a_task(subject), an_approval(subject))
        barrier = threading.Barrier(8)
        won: list[str] = []
        lost: list[str] = []

        def answer(
            actor: str,
            subject: str = subject,
            barrier: threading.Barrier = barrier,
            won: list[str] = won,
            lost: list[str] = lost,
        ) -> None:
            barrier.wait()
            try:
                ledger.answer("default", an_approval(subject).id, an_answer(actor=actor), SOON)
                won.append(actor)
            except Conflict as conflict:
                lost.append(conflict.message)

        threads = [threading.Thread(target=answer, args=(f"actor-{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert len(lost) == 7
        assert all(f"approve by '{won[0]}'" in message for message in lost)
        found = ledger.find_approval("default", an_approval(subject).id)
        assert found is not None
        assert found.answer == an_answer(actor=won[0])
