"""Delegations: who may answer for whom, about what, until when, and as how many people."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from signalbox.domain.access import Forbidden
from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.delegation import Delegation, Scope
from signalbox.domain.enums import ApprovalState, ApprovalVerb, RiskClass
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.escalation import Desk
from signalbox.ledger.store import SqlLedger
from signalbox.ledger.tables import approval_votes, approvals
from tests.ledger.make import NOON, a_task, an_approval

SOON = NOON + timedelta(minutes=5)
LATER = NOON + timedelta(minutes=30)


def delegate(ledger: SqlLedger, to: str = "xeno", of: str = "yara", **more: Any) -> Delegation:
    fields = {
        "id": f"dlg-{of}-{to}",
        "delegator": of,
        "delegate": to,
        "created_at": NOON,
        "until": LATER,
    }
    return ledger.delegations.add(Delegation(**fields | more))


def park(ledger: SqlLedger, needed: int = 1, **more: Any) -> Approval:
    asked = an_approval()
    draft = asked.draft.model_copy(
        update={"trace": asked.draft.trace.model_copy(update={"risk": RiskClass.STANDARD})}
    )
    return ledger.park(
        a_task(), asked.model_copy(update={"needed": needed, "draft": draft, **more})
    )


def say(ledger: SqlLedger, actor: str, behalf: str | None = None, **more: Any) -> Approval:
    now, risk = more.pop("now", SOON), more.pop("risk", None)
    fields = {"decision": ApprovalVerb.APPROVE, "actor": actor, "on_behalf_of": behalf}
    answer = ApprovalAnswer(**fields | more)
    return ledger.answer("default", an_approval().id, answer, now, risk=risk)


def test_a_delegate_answers_for_the_delegator(ledger: SqlLedger) -> None:
    park(ledger)
    delegate(ledger)
    answered = say(ledger, "xeno", "yara")
    assert answered.state is ApprovalState.ANSWERED
    assert answered.answer is not None
    assert answered.answer.by.signed == "xeno for yara"
    assert answered.voters("cards") == ("xeno for yara",)
    assert ledger.find_approval("default", an_approval().id) == answered
    with pytest.raises(Conflict, match="by 'xeno for yara'"):
        say(ledger, "cy")


@pytest.mark.parametrize(
    ("actor", "behalf"),
    [
        ("yara", "xeno"),
        ("zoe", "yara"),
        ("xeno", "zoe"),
        ("x\u0435no", "yara"),
        ("xeno", "yar\u0430"),
    ],
)
def test_nobody_answers_for_whom_they_have_no_delegation_of(
    ledger: SqlLedger, actor: str, behalf: str
) -> None:
    park(ledger)
    delegate(ledger)
    with pytest.raises(Forbidden, match="no delegation"):
        say(ledger, actor, behalf)
    assert say(ledger, "Xeno", "YARA").state is ApprovalState.ANSWERED


def test_it_is_not_passed_on(ledger: SqlLedger) -> None:
    park(ledger)
    delegate(ledger)
    delegate(ledger, to="zoe", of="xeno")
    with pytest.raises(Forbidden):
        say(ledger, "zoe", "yara")


def test_it_counts_until_its_time_or_its_end(ledger: SqlLedger) -> None:
    park(ledger)
    made = delegate(ledger)
    assert ledger.delegations.valid("default", SOON, 9) == [made]
    assert ledger.delegations.valid("default", LATER, 9) == []
    with pytest.raises(Forbidden):
        say(ledger, "xeno", "yara", now=LATER)
    ended = ledger.delegations.end("default", made.id, "yara", SOON)
    assert ended.ended_at == SOON
    assert ledger.delegations.end("default", made.id, "xeno", LATER) == ended
    with pytest.raises(Forbidden):
        say(ledger, "xeno", "yara")
    told = [(event.type, event.data["actor"]) for event in ledger.events(1, 9)]
    assert told == [("delegation.created", "yara"), ("delegation.ended", "yara")]


def test_it_is_of_one_tenant(ledger: SqlLedger) -> None:
    park(ledger)
    made = delegate(ledger, tenant="other")
    with pytest.raises(Forbidden):
        say(ledger, "xeno", "yara")
    assert ledger.delegations.find("default", made.id) is None
    with pytest.raises(NotFound):
        ledger.delegations.end("default", made.id, "yara", SOON)


@pytest.mark.parametrize(
    ("scope", "edit", "risk", "covered"),
    [
        (Scope(), None, None, True),
        (Scope(teams=("Cards",)), None, None, True),
        (Scope(teams=("loans",)), None, None, False),
        (Scope(teams=("loans",)), "loans", None, False),
        (Scope(teams=("cards",)), "loans", None, False),
        (Scope(teams=("cards", "loans")), "loans", None, True),
        (Scope(risk=RiskClass.STANDARD), None, None, True),
        (Scope(risk=RiskClass.LOW), None, None, False),
        (Scope(risk=RiskClass.STANDARD), None, RiskClass.HIGH, False),
        (Scope(risk=RiskClass.TOP), None, RiskClass.TOP, True),
        (Scope(teams=("cards",), risk=RiskClass.LOW), None, None, False),
    ],
)
def test_it_reaches_as_far_as_its_scope(
    ledger: SqlLedger, scope: Scope, edit: str | None, risk: RiskClass | None, covered: bool
) -> None:
    park(ledger)
    delegate(ledger, scope=scope)
    verb = ApprovalVerb.EDIT if edit else ApprovalVerb.APPROVE
    if covered:
        assert say(ledger, "xeno", "yara", decision=verb, option=edit, risk=risk).answer
    else:
        with pytest.raises(Forbidden, match="no delegation"):
            say(ledger, "xeno", "yara", decision=verb, option=edit, risk=risk)


def test_what_nobody_has_classed_counts_as_top(ledger: SqlLedger) -> None:
    ledger.park(a_task(), an_approval())
    delegate(ledger, scope=Scope(risk=RiskClass.HIGH))
    with pytest.raises(Forbidden):
        say(ledger, "xeno", "yara")


@pytest.mark.parametrize(("actor", "behalf"), [("ann", "yara"), ("xeno", "Ann")])
def test_neither_of_the_two_may_have_asked_for_it(
    ledger: SqlLedger, actor: str, behalf: str
) -> None:
    park(ledger)
    delegate(ledger, to=actor, of=behalf)
    with pytest.raises(Conflict, match="separation of duties"):
        say(ledger, actor, behalf)
    with pytest.raises(Conflict, match="separation of duties"):
        say(ledger, actor, behalf, decision=ApprovalVerb.REJECT)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("xeno", None), ("xeno", "yara")),
        (("xeno", "yara"), ("xeno", None)),
        (("yara", None), ("xeno", "yara")),
        (("xeno", "yara"), ("yara", None)),
        (("xeno", "yara"), ("zoe", "yara")),
        (("xeno", "yara"), ("xeno", "zoe")),
        (("xeno", "yara"), ("yara", "xeno")),
        (("xeno", "yara"), ("y\u0430ra", None)),
    ],
)
def test_x_and_x_for_y_are_one_vote(
    ledger: SqlLedger, first: tuple[str, str | None], second: tuple[str, str | None]
) -> None:
    park(ledger, needed=2)
    for to, of in (("xeno", "yara"), ("zoe", "yara"), ("xeno", "zoe"), ("yara", "xeno")):
        delegate(ledger, to, of)
    assert say(ledger, *first).state is ApprovalState.WAITING
    with pytest.raises(Conflict, match="already voted"):
        say(ledger, *second)
    last = say(ledger, "cy")
    assert last.state is ApprovalState.ANSWERED
    assert len(last.votes) == 2


def test_at_a_level_a_delegate_of_its_people_may_answer(ledger: SqlLedger) -> None:
    park(ledger, desk=Desk(level=1, name="lead", people=("yara",), due_at=LATER))
    delegate(ledger)
    with pytest.raises(Forbidden, match="lies with 'lead'"):
        say(ledger, "xeno")
    assert say(ledger, "xeno", "yara").state is ApprovalState.ANSWERED


def test_the_engine_delegates_nothing(ledger: SqlLedger) -> None:
    park(ledger)
    delegate(ledger, of="system:expiry")
    with pytest.raises(BadInput, match="on_behalf_of"):
        say(ledger, "xeno", "system:expiry")


@pytest.mark.parametrize(
    "bad",
    [
        {"to": "Yara"},
        {"to": "y\u0430ra"},
        {"until": NOON},
        {"until": NOON + timedelta(days=367)},
        {"scope": {"teams": []}},
    ],
)
def test_a_delegation_that_makes_no_sense_is_none(ledger: SqlLedger, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        delegate(ledger, **bad)


def test_ending_one_and_answering_by_it_at_once_leave_one_order(ledger: SqlLedger) -> None:
    park(ledger)
    made = delegate(ledger)
    barrier = threading.Barrier(2)

    def end() -> None:
        barrier.wait()
        ledger.delegations.end("default", made.id, "yara", SOON)

    def answer() -> bool:
        barrier.wait()
        try:
            return say(ledger, "xeno", "yara").state is ApprovalState.ANSWERED
        except Forbidden:
            return False

    with ThreadPoolExecutor(2) as threads:
        ending, answering = threads.submit(end), threads.submit(answer)
        ending.result()
        counted = answering.result()
    found = ledger.find_approval("default", an_approval().id)
    assert found is not None
    assert (found.answer is not None) is counted
    with pytest.raises((Forbidden, Conflict)):
        say(ledger, "xeno", "yara")


def test_an_answer_of_ones_own_is_kept_as_earlier_releases_keep_it(ledger: SqlLedger) -> None:
    """They are strict about fields, and may still be at work while the first of us starts."""
    park(ledger)
    answered = say(ledger, "cy")
    assert answered.answer is not None
    with ledger._database.read() as connection:
        kept = connection.execute(select(approvals.c.answer)).scalar_one()
        vote = connection.execute(select(approval_votes.c.answer)).scalar_one()
    assert kept == vote
    assert set(kept) == {"decision", "option", "message", "actor", "digest"}
