from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from signalbox.domain.decision import Decision, Trace
from signalbox.domain.enums import DecisionStatus, Source
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task, an_approval

_tenants = itertools.count()
_attempts = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.integers(1, 3),
        st.sampled_from(["cards", "loans", None]),
        st.booleans(),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(attempts=_attempts)
def test_the_first_commit_of_an_epoch_is_the_only_one(
    ledger: SqlLedger, attempts: list[tuple[str, int, str | None, bool]]
) -> None:
    tenant = f"tenant-{next(_tenants)}"
    first: dict[tuple[str, int], Decision] = {}
    place = max((event.id or 0 for event in ledger.events(0, 10_000)), default=0)
    for subject, epoch, option, parked in attempts:
        task = a_task(subject, tenant)
        if parked and (subject, epoch) not in first:
            ledger.park(task, an_approval(subject, tenant, epoch))
        given = a_decision(subject, tenant, epoch, option)
        expected = first.setdefault((subject, epoch), given)
        assert ledger.commit(task, given) == expected
    kept = ledger.decisions(tenant, limit=100)
    assert {(one.subject, one.epoch): one for one in kept} == first
    told = [
        (event.subject, event.data["epoch"])
        for event in ledger.events(place, 100)
        if event.type == "decision.committed"
    ]
    assert told == list(first)
    for subject in {subject for subject, _ in first}:
        highest = max(epoch for one, epoch in first if one == subject)
        assert ledger.next_epoch(tenant, subject) == highest + 1
        assert ledger.latest_decision(tenant, subject) == first[subject, highest]


def test_a_decision_comes_back_with_its_whole_trace(ledger: SqlLedger) -> None:
    decision = a_decision()
    ledger.commit(a_task(), decision)
    assert ledger.find_decision("default", decision.id) == decision


def test_odd_values_among_the_facts_come_back_as_json_has_them(ledger: SqlLedger) -> None:
    facts = {"when": NOON, "lone": "\ud800", "nul": "\x00", "many": ("a", 1, None)}
    ledger.commit(a_task(), a_decision().model_copy(update={"trace": Trace(facts=facts)}))
    found = ledger.latest_decision("default", "T-1")
    assert found is not None
    assert found.trace.facts == facts | {
        "when": "2026-03-01T12:00:00.123456Z",
        "many": ["a", 1, None],
    }


def test_a_first_epoch_is_one_and_waiting_uses_none_up(ledger: SqlLedger) -> None:
    assert ledger.next_epoch("default", "T-1") == 1
    ledger.park(a_task(), an_approval())
    assert ledger.next_epoch("default", "T-1") == 1


def test_pages_do_not_shift_while_rows_arrive(ledger: SqlLedger) -> None:
    def commit(number: int, minutes: float) -> None:
        ledger.commit(a_task(f"T-{number}"), a_decision(f"T-{number}", minutes=minutes))

    for number in range(20):
        commit(number, minutes=number // 4)
    before = [one.id for one in ledger.decisions("default", limit=100)]
    seen: list[str] = []
    last: str | None = None
    while page := ledger.decisions("default", limit=3, before=last):
        seen += [one.id for one in page]
        last = seen[-1]
        commit(100 + len(seen), minutes=1000 + len(seen))
    assert seen == before
    moments = [one.decided_at for one in ledger.decisions("default", limit=100)]
    assert moments == sorted(moments, reverse=True)


def test_a_page_may_ask_for_one_status(ledger: SqlLedger) -> None:
    for number in range(6):
        status = DecisionStatus.DECIDED if number % 2 else DecisionStatus.REJECTED
        ledger.commit(
            a_task(f"T-{number}"), a_decision(f"T-{number}", status=status, minutes=number)
        )
    first = ledger.decisions("default", limit=2, status="rejected")
    rest = ledger.decisions("default", limit=2, before=first[-1].id, status="rejected")
    assert [one.subject for one in (*first, *rest)] == ["T-4", "T-2", "T-0"]


def test_before_must_be_a_decision_of_the_tenant(ledger: SqlLedger) -> None:
    ledger.commit(a_task(tenant="theirs"), a_decision(tenant="theirs"))
    with pytest.raises(NotFound, match="no decision here"):
        ledger.decisions("ours", limit=10, before=a_decision(tenant="theirs").id)


def test_an_id_is_for_one_subject_and_epoch(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision())
    stolen = a_decision("T-2").model_copy(update={"id": a_decision().id})
    with pytest.raises(Conflict, match="another subject or epoch"):
        ledger.commit(a_task("T-2"), stolen)
    assert ledger.find_task("default", "T-2") is None
    assert len(ledger.events(0, 10)) == 1


def test_what_does_not_belong_together_is_not_written(ledger: SqlLedger) -> None:
    waiting = a_decision(status=DecisionStatus.WAITING)
    with pytest.raises(ValueError, match="park it"):
        ledger.commit(a_task(), waiting)
    with pytest.raises(ValueError, match="not about task"):
        ledger.commit(a_task(), a_decision("T-2"))
    with pytest.raises(ValueError, match="not about task"):
        ledger.park(a_task(tenant="ours"), an_approval())
    assert ledger.find_task("default", "T-1") is None


@pytest.mark.parametrize(
    "trace",
    [
        Trace(facts={"ratio": float("nan")}),
        Trace(scope_score=float("inf")),
        Trace(facts={"what": object()}),
    ],
)
def test_what_json_cannot_hold_is_refused_whole(ledger: SqlLedger, trace: Trace) -> None:
    with pytest.raises(BadInput, match="cannot hold"):
        ledger.commit(a_task(), a_decision().model_copy(update={"trace": trace}))
    assert ledger.find_task("default", "T-1") is None
    assert ledger.events(0, 10) == []


def test_a_person_edit_is_kept_apart_from_the_proposal(ledger: SqlLedger) -> None:
    edited = a_decision(option="loans").model_copy(
        update={"source": Source.PERSON, "actor": "ben", "proposed": "cards"}
    )
    ledger.commit(a_task(), edited)
    (event,) = ledger.events(0, 10)
    assert (event.data["option"], event.data["proposed"]) == ("loans", "cards")
    assert event.data["automatic"] is False


def test_rows_with_an_unknown_word_do_not_pass_as_decisions(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision())
    with ledger._database.write() as connection:
        connection.execute(text("UPDATE decisions SET status = 'maybe'"))
    with pytest.raises(ValueError, match="status"):
        ledger.latest_decision("default", "T-1")
