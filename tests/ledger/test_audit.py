"""The chain over everything that happened: whatever is changed afterwards is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import JSON, delete, insert, select, text, update

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.audit import GENESIS, SealKey, Tampered
from signalbox.domain.base import utc_now
from signalbox.domain.enums import ApprovalVerb, DecisionStatus, Source
from signalbox.domain.outcome import Outcome
from signalbox.ledger.audit import SqlAudit
from signalbox.ledger.audit_tables import audit
from signalbox.ledger.store import open_ledger
from signalbox.ledger.tables import approval_votes, approvals, decisions, outbox, outcomes, tasks
from tests.ledger.make import NOON, a_decision, a_task, an_approval


def seal(ledger):
    while ledger.audit.seal(3):
        pass


@pytest.fixture
def lived(ledger):
    """Two decisions, one by two people, an outcome; all of it sealed."""
    ledger.commit(a_task(), a_decision())
    ledger.record_outcome(Outcome(subject="T-1", option="loans", reporter="ben"))
    ledger.park(a_task("T-2"), an_approval("T-2"))
    for name in ("ben", "cat"):
        given = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor=name, message="fine")
        ledger.answer("default", "apr-T-2-1", given, NOON + timedelta(minutes=1), needed=2)
    answered = a_decision("T-2").model_copy(update={"source": Source.PERSON, "actor": "ben, cat"})
    ledger.commit(a_task("T-2"), answered)
    ledger.commit(a_task("T-3"), a_decision("T-3"))
    seal(ledger)
    return ledger


def check(ledger, **more):
    return ledger.audit.verify(**{"since": None, "expect_head": None} | more)


def test_what_nobody_touched_is_sound(lived):
    report = check(lived)
    assert report.ok, report.flaws
    assert (report.decisions, report.unsealed) == (3, 0)
    # Of T-2 four: that it was asked for, voted on, answered and committed.
    assert report.rows == 7
    assert report.head == lived.audit.head()[1] != GENESIS


def test_an_empty_ledger_is_sound(ledger):
    assert check(ledger).ok
    assert ledger.audit.head() == (0, GENESIS)


def test_what_is_newer_than_the_seal_is_counted_and_no_flaw(lived):
    lived.commit(a_task("T-4"), a_decision("T-4"))
    report = check(lived)
    assert report.ok and report.unsealed == 1
    seal(lived)
    assert check(lived).unsealed == 0


COVERED = [
    (table, column.name)
    for table in (audit, outbox, decisions, approvals, approval_votes, outcomes, tasks)
    for column in table.columns
    if (table.name, column.name) not in {("tasks", "state")}
]


def other(column, value):
    """Another value that the column can hold."""
    if isinstance(column.type, JSON):
        return {"changed": 1} if not isinstance(value, dict) else value | {"changed": 1}
    if hasattr(value, "isoformat"):
        return value + timedelta(seconds=1)
    if isinstance(value, bool) or value is None:
        return NOON if column.name.endswith("_at") else "changed" if value is None else not value
    if isinstance(value, int | float):
        return value + 1000
    return f"{value[:-1]}{'a' if value[-1] != 'a' else 'b'}"


@pytest.mark.parametrize(
    ("table", "name"), COVERED, ids=[f"{table.name}.{name}" for table, name in COVERED]
)
def test_one_changed_value_anywhere_is_found(lived, table, name):
    with lived._database.write() as connection:
        keys = list(table.primary_key)
        # The settled approval and its subject are those of T-2; elsewhere the first row will do.
        row = connection.execute(select(table).order_by(*keys).limit(1)).mappings().one()
        value = other(table.c[name], row[name])
        if name == "confidence" and row[name] is None:
            value = 0.5
        where = [key == row[key.name] for key in keys]
        connection.execute(update(table).where(*where).values({name: value}))
    report = check(lived)
    assert not report.ok, f"{table.name}.{name}: {row[name]!r} became {value!r}"


@pytest.mark.parametrize("table", [audit, outbox, decisions, approvals, outcomes, tasks])
def test_a_removed_row_is_found(lived, table):
    with lived._database.write() as connection:
        key = next(iter(table.primary_key)) if table.name in ("audit", "outbox") else table.c[
            "subject" if "subject" in table.c else "id"
        ]  # fmt: skip
        first = connection.scalar(select(key).order_by(key).limit(1))
        connection.execute(delete(table).where(key == first))
    assert not check(lived).ok


def test_a_removed_vote_is_found(lived):
    with lived._database.write() as connection:
        connection.execute(delete(approval_votes).where(approval_votes.c.voter.is_not(None)))
    assert not check(lived).ok


def test_rows_in_another_order_are_found(lived):
    with lived._database.write() as connection:
        connection.execute(text("UPDATE audit SET seq = 99 WHERE seq = 2"))
        connection.execute(text("UPDATE audit SET seq = 2 WHERE seq = 3"))
        connection.execute(text("UPDATE audit SET seq = 3 WHERE seq = 99"))
    assert not check(lived).ok


def test_a_removed_end_is_found_by_a_head_that_was_noted(lived):
    head = lived.audit.head()[1]
    last = {"T-3"}
    with lived._database.write() as connection:
        connection.execute(text("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"))
        connection.execute(text("DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)"))
        connection.execute(delete(decisions).where(decisions.c.subject.in_(last)))
        connection.execute(delete(tasks).where(tasks.c.id.in_(last)))
    assert check(lived).ok, "all by itself it cannot be seen"
    assert not check(lived, expect_head=head).ok


def test_a_head_of_yesterday_is_still_in_the_chain(lived):
    head = lived.audit.head()[1]
    lived.commit(a_task("T-4"), a_decision("T-4"))
    seal(lived)
    assert check(lived, expect_head=head).ok


def test_a_decision_slipped_in_by_hand_is_found(lived):
    with lived._database.write() as connection:
        row = dict(connection.execute(select(decisions).limit(1)).mappings().one())
        connection.execute(insert(decisions), row | {"id": "dec_forged", "epoch": 9})
    report = check(lived)
    assert [flaw.what for flaw in report.flaws] == ["decision dec_forged: no event speaks of it"]


def test_an_event_slipped_in_behind_the_chain_is_found(lived):
    with lived._database.write() as connection:
        row = dict(connection.execute(select(outbox).limit(1)).mappings().one())
        connection.execute(insert(outbox), row | {"id": -1})
    assert not check(lived).ok


def test_a_chain_made_anew_without_the_key_is_found(url):
    key = SealKey(b"out of the database")
    ledger = open_ledger(url, key)
    ledger.commit(a_task(), a_decision())
    seal(ledger)
    assert check(ledger).ok
    with ledger._database.write() as connection:
        connection.execute(update(decisions).values(option="loans"))
        connection.execute(delete(audit))
    forger = SqlAudit(ledger._database, None)
    while forger.seal(100):
        pass
    assert forger.verify().ok, "without the key it cannot be told"
    assert not check(ledger).ok
    ledger.close()


def test_checking_a_keyed_chain_takes_the_key(url):
    ledger = open_ledger(url, SealKey(b"one"))
    ledger.commit(a_task(), a_decision())
    seal(ledger)
    assert check(ledger).ok
    for key in (None, SealKey(b"another")):
        assert not SqlAudit(ledger._database, key).verify().ok
    ledger.close()


def test_since_looks_at_the_rest_only(lived):
    now = utc_now()
    with lived._database.write() as connection:
        connection.execute(update(outcomes).values(reporter="mallory"))
    assert not check(lived).ok
    assert check(lived, since=now).ok
    assert check(lived, since=now).rows == 0


def test_several_seal_at_once_and_the_chain_is_one(url):
    from concurrent.futures import ThreadPoolExecutor

    ledger = open_ledger(url)
    for n in range(40):
        ledger.commit(a_task(f"T-{n}"), a_decision(f"T-{n}"))
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda _: ledger.audit.seal(3), range(64)):
            pass
    seal(ledger)
    report = check(ledger)
    assert report.ok and report.rows == 40
    ledger.close()


def test_recorded_goes_through_all_pages(ledger, monkeypatch):
    monkeypatch.setattr("signalbox.ledger.audit_reading.PAGE", 3)
    for n in range(10):
        ledger.commit(a_task(f"T-{n}"), a_decision(f"T-{n}", minutes=n))
    found = list(ledger.audit.recorded(None, None))
    assert [task.id for _, task in found] == [f"T-{n}" for n in range(10)]
    assert [one.subject for one, _ in ledger.audit.recorded(None, 4)] == [
        "T-6",
        "T-7",
        "T-8",
        "T-9",
    ]
    late = NOON + timedelta(minutes=8)
    assert [one.subject for one, _ in ledger.audit.recorded(late, None)] == ["T-8", "T-9"]
    assert found[0][0].status is DecisionStatus.DECIDED


@pytest.fixture
def superseded(lived):
    """Two approvals that nobody answered: one an upgrade closed, one an outcome."""
    lived.park(a_task("T-5"), an_approval("T-5"))
    lived.commit(a_task("T-5"), a_decision("T-5", epoch=2), upgrade=True)
    lived.commit(a_task("T-6"), a_decision("T-6"))
    later = an_approval("T-6", epoch=2)
    trace = later.draft.trace.model_copy(update={"standing": "cards"})
    lived.park(
        a_task("T-6"),
        later.model_copy(update={"draft": later.draft.model_copy(update={"trace": trace})}),
    )
    lived.record_outcome(Outcome(subject="T-6", option="loans", reporter="ben"))
    seal(lived)
    assert check(lived).ok
    return lived


@pytest.mark.parametrize("subject", ["T-5", "T-6"])
@pytest.mark.parametrize(
    "changed", [{"reason": "x"}, {"state": "settled"}, {"state": "waiting"}, {"digest": "x"}]
)
def test_a_changed_approval_that_nobody_answered_is_found(superseded, subject, changed):
    with superseded._database.write() as connection:
        connection.execute(
            update(approvals).where(approvals.c.subject == subject).values(**changed)
        )
    assert not check(superseded).ok


@pytest.mark.parametrize("subject", ["T-5", "T-6"])
def test_a_removed_approval_that_nobody_answered_is_found(superseded, subject):
    with superseded._database.write() as connection:
        connection.execute(delete(approvals).where(approvals.c.subject == subject))
    assert not check(superseded).ok


@pytest.mark.parametrize("state", ["settled", "superseded"])
def test_an_approval_slipped_in_by_hand_is_found(lived, state):
    with lived._database.write() as connection:
        row = dict(connection.execute(select(approvals).limit(1)).mappings().one())
        forged = {"id": "apr-forged", "decision_id": "dec-forged", "subject": "T-9"}
        connection.execute(insert(approvals), row | forged | {"state": state})
    assert [flaw.what.split(" T-9")[0].split(" dec")[0] for flaw in check(lived).flaws] == [
        f"{state} approval {'of' if state == 'settled' else 'about'}"
    ]


def test_a_vote_slipped_in_by_hand_is_found(lived):
    with lived._database.write() as connection:
        row = dict(connection.execute(select(approval_votes).limit(1)).mappings().one())
        connection.execute(insert(approval_votes), row | {"voter": "0" * 64})
    assert not check(lived).ok


def test_the_rows_of_two_places_exchanged_are_found(lived):
    """Each has an id that is in the chain, at the place of the other."""
    with lived._database.write() as connection:
        first, second = connection.scalars(select(decisions.c.id).order_by(decisions.c.id)).all()[
            :2
        ]
        for was, now in ((first, "moving"), (second, first), ("moving", second)):
            connection.execute(update(decisions).where(decisions.c.id == was).values(id=now))
    assert len(check(lived).flaws) == 2


def test_rows_without_the_key_are_found_also_when_more_with_it_follow(url):
    key = SealKey(b"out of the database")
    ledger = open_ledger(url, key)
    ledger.commit(a_task(), a_decision())
    seal(ledger)
    with ledger._database.write() as connection:
        connection.execute(update(decisions).values(option="loans"))
        connection.execute(delete(audit))
    while SqlAudit(ledger._database, None).seal(100):
        pass
    ledger.commit(a_task("T-2"), a_decision("T-2"))
    while SqlAudit(ledger._database, key).seal(100):
        pass
    (flaw,) = check(ledger).flaws
    assert "1 rows were not made with the key" in flaw.what
    assert "SIGNALBOX_AUDIT_KEY_SINCE" in flaw.what
    later = SqlAudit(ledger._database, SealKey(key.secret, since=2))
    assert later.verify().ok, "a key that came later says from when on it counts"
    ledger.close()


@pytest.mark.parametrize("keyed", [False, True])
def test_a_chain_that_was_cut_is_not_sealed_anew_by_whoever_sealed_it(url, keyed):
    ledger = open_ledger(url, SealKey(b"key") if keyed else None)
    for number in range(4):
        ledger.commit(a_task(f"T-{number}"), a_decision(f"T-{number}"))
    seal(ledger)
    with ledger._database.write() as connection:
        connection.execute(
            update(decisions).where(decisions.c.subject == "T-1").values(option="loans")
        )
        connection.execute(delete(audit).where(audit.c.seq >= 2))
    with pytest.raises(Tampered, match="row 4 of the audit chain is gone"):
        ledger.audit.seal(100)
    assert "row 4" in ledger.audit.problem
    assert check(ledger).unsealed == 3
    ledger.close()


def test_what_was_sealed_long_after_it_happened_is_counted(ledger):
    ledger.commit(a_task(), a_decision())
    with ledger._database.write() as connection:
        connection.execute(update(outbox).values(created_at=NOON))
    seal(ledger)
    report = check(ledger)
    assert (report.ok, report.late) == (True, 1)
