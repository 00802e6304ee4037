"""Erasing one person's words: nowhere to be found afterwards, and the record still verifies."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.audit import ERASED
from signalbox.domain.base import utc_now
from signalbox.domain.decision import GuardNote, RuleNote, Trace
from signalbox.domain.enums import ApprovalVerb, DecisionStatus, Source
from signalbox.domain.erasure import ERASED_TEXT, ErasureOrder
from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.prediction import Promise, Proposal
from signalbox.domain.resource import Resource
from signalbox.domain.task import Task
from signalbox.ledger.audit_tables import audit
from signalbox.ledger.rule_tables import rule_differences
from signalbox.ledger.store import open_ledger
from signalbox.ledger.tables import decisions, metadata, outbox, tasks
from tests.ledger.make import NOON, a_decision, a_task, an_approval
from tests.ledger.test_assignments import giving

SECRET = "zebra4711"
ADVICE = Proposal(
    option="loans",
    reasons=(f"says {SECRET}",),
    evidence=(SECRET,),
    doubt=SECRET,
    promise=Promise(key="k", target_error=0.05, level=0.95),
)
TRACE = Trace(
    offered=("cards", "loans"),
    rules=(RuleNote(rule="vip", effect="force", why=SECRET),),
    rule_trace=({"rule": "vip", "saw": SECRET},),
    facts={"name": SECRET, "amount": 12},
    guard="allow",
    guard_notes=(GuardNote(part="rules", verdict="allow", reason=SECRET),),
    consult=f"asked about {SECRET}",
    advice=ADVICE,
    reasoning=SECRET,
)


def order(subject="T-1", tenant="default", reason="she asked"):
    return ErasureOrder(tenant=tenant, subject=subject, actor="dpo", reason=reason)


def a_told_task(id="T-1", tenant="default"):
    return Task(
        id=id,
        tenant=tenant,
        text=f"my name is {SECRET}",
        attributes={SECRET: "x", "name": SECRET},
        requester=SECRET,
        received_at=NOON,
    )


def told(decision, **more):
    return decision.model_copy(update={"trace": TRACE, "reason": f"for {SECRET}"} | more)


@pytest.fixture
def lived(ledger):
    """A decision that two people approved, with words everywhere; another one beside it."""
    task = a_told_task()
    approval = an_approval().model_copy(
        update={
            "draft": told(a_decision()),
            "advice": ADVICE,
            "reason": SECRET,
            "requester": SECRET,
            "thread": "default:T-1:thread",
        }
    )
    ledger.park(task, approval)
    ledger.advise(approval, ADVICE)
    for name in ("ben", "cat"):
        given = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor=name, message=SECRET)
        ledger.answer("default", approval.id, given, NOON + timedelta(minutes=1), needed=2)
    ledger.commit(task, told(a_decision(), source=Source.PERSON, actor="ben, cat"))
    ledger.note(Event(type="consult.failed", subject="T-1", data={"note": SECRET, "cost": 1}))
    ledger.claim_key("default", "key-1", "d", utc_now())
    body = json.dumps({"body": json.dumps({"task_id": "T-1", "reason": SECRET})})
    ledger.settle_key("default", "key-1", 200, body)
    ledger.claim_key("default", "key-2", "d", utc_now())
    ledger.settle_key("default", "key-2", 200, json.dumps({"body": '{"task_id": "T-10"}'}))
    with ledger._database.write() as connection:
        row = {"kind": "routing", "active": "a", "shadow": "s", "subject": "T-1", "aspects": []}
        row |= {"before": {"why": SECRET}, "after": {}, "because": [], "at": NOON}
        connection.execute(insert(rule_differences), row)
    ledger.commit(a_task("T-10", text="somebody else"), a_decision("T-10"))
    ledger.resources.put(Resource(id="bea", team="cards"))
    ledger.assignments.assign(giving("T-1", "bea"), None)
    ledger.assignments.give_back("default", "T-1", by="bea", reason=SECRET, now=NOON)
    return ledger


def check(ledger, **more):
    while ledger.audit.seal(3):
        pass
    return ledger.audit.verify(**{"since": None, "expect_head": None} | more)


def everything(ledger):
    """All that is stored, as text."""
    found = []
    with ledger._database.read() as connection:
        for table in metadata.tables.values():
            for row in connection.execute(select(table)):
                found.append(json.dumps(list(row), default=str))
    return "\n".join(found)


def test_not_a_word_is_left_and_the_chain_holds(lived):
    before = check(lived)
    assert before.ok and everything(lived).count(SECRET) > 20
    done = lived.erasures.erase(order(), NOON)
    assert done.new and done.threads == ("default:T-1:thread",)
    assert SECRET not in everything(lived)
    after = check(lived, expect_head=before.head)
    assert after.ok, after.flaws
    assert (after.decisions, after.erasures, after.rows) == (3, 1, before.rows + 1)
    assert "somebody else" in everything(lived)


def test_not_a_byte_is_left_in_the_files(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path / 'desk.db'}")
    other = open_ledger(f"sqlite:///{tmp_path / 'desk.db'}")
    for n in range(200):
        # Much of it, in pages of their own and in shared ones, written and moved several times.
        task = a_told_task(f"T-{n}").model_copy(update={"text": f"{n} {SECRET} " * (n * 7 + 1)})
        ledger.accept(task)
        ledger.park(
            task, an_approval(f"T-{n}").model_copy(update={"draft": told(a_decision(f"T-{n}"))})
        )
        ledger.commit(task, told(a_decision(f"T-{n}")))
    for n in range(0, 200, 2):
        other.erasures.erase(order(f"T-{n}"), utc_now())
    for n in range(1, 200, 2):
        ledger.erasures.erase(order(f"T-{n}"), utc_now())
    assert ledger.erasures.flush()
    files = list(tmp_path.iterdir())
    assert files and not any(SECRET.encode() in path.read_bytes() for path in files)
    assert check(ledger).ok
    other.close()
    ledger.close()


def test_what_was_decided_can_still_be_read(lived):
    lived.erasures.erase(order(), NOON)
    decision = lived.latest_decision("default", "T-1")
    assert (decision.option, decision.actor, decision.status) == (
        "cards",
        "ben, cat",
        DecisionStatus.DECIDED,
    )
    assert (decision.reason, decision.trace.facts) == (ERASED_TEXT, {})
    assert decision.trace.advice.option == "loans" and decision.trace.advice.reasons == ()
    task, _ = lived.find_task("default", "T-1")
    assert (task.text, task.attributes, task.requester) == (ERASED_TEXT, {}, ERASED_TEXT)
    approval = lived.find_approval("default", "apr-T-1-1")
    assert approval.answer.actor == "cat" and approval.answer.message == ERASED_TEXT
    assert [vote.answer.actor for vote in approval.votes] == ["ben", "cat"]


def test_the_same_id_again_is_a_conflict_that_says_so(lived):
    lived.erasures.erase(order(), NOON)
    for task in (a_told_task(), a_task()):
        with pytest.raises(Conflict, match="texts were erased on 2026-03-01"):
            lived.accept(task)
        with pytest.raises(Conflict, match="erased"):
            lived.commit(task, told(a_decision(epoch=2)), upgrade=True)
        with pytest.raises(Conflict, match="erased"):
            lived.park(task, an_approval(epoch=2))


def test_once_more_changes_nothing_and_tells_the_same(lived):
    first = lived.erasures.erase(order(), NOON)
    again = lived.erasures.erase(order(reason="once more"), NOON + timedelta(days=1))
    assert not again.new
    assert (again.erased_at, again.threads) == (first.erased_at, first.threads)
    events = [one for one in lived.events(0, 100) if one.type == ERASED]
    assert [one.data for one in events] == [{"actor": "dpo", "reason": "she asked"}]
    assert check(lived).ok


def test_what_is_written_about_it_later_brings_no_words_back(lived):
    lived.erasures.erase(order(), NOON)
    lived.note(Event(type="consult.failed", subject="T-1", data={"note": SECRET, "cost": 1}))
    lived.keep_advice("default", "T-1", ADVICE)
    assert SECRET not in everything(lived)
    assert check(lived).ok


def test_advice_that_comes_late_about_another_one_keeps_its_words(ledger):
    ledger.commit(a_task(), a_decision())
    ledger.keep_advice("default", "T-1", ADVICE)
    assert ledger.find_advice("default", "T-1") == ADVICE


def test_nobody_can_say_what_was_right_once_who_asked_is_gone(lived):
    lived.erasures.erase(order(), NOON)
    with pytest.raises(Conflict, match="was erased"):
        lived.record_outcome(Outcome(subject="T-1", option="loans", reporter=SECRET))


def test_an_outcome_from_before_stays(ledger):
    ledger.commit(a_told_task(), told(a_decision()))
    ledger.record_outcome(Outcome(subject="T-1", option="loans", reporter="ben"))
    ledger.erasures.erase(order(), NOON)
    assert ledger.find_outcome("default", "T-1").option == "loans"
    assert SECRET not in everything(ledger)
    assert check(ledger).ok


def test_what_is_under_way_is_finished_first(ledger):
    ledger.accept(a_task("T-1"))
    with pytest.raises(Conflict, match="nothing is decided"):
        ledger.erasures.erase(order("T-1"), NOON)
    ledger.park(a_task("T-2"), an_approval("T-2"))
    with pytest.raises(Conflict, match="apr-T-2-1"):
        ledger.erasures.erase(order("T-2"), NOON)
    with pytest.raises(NotFound):
        ledger.erasures.erase(order("T-3"), NOON)
    with pytest.raises(NotFound):
        ledger.erasures.erase(order("T-1", tenant="other"), NOON)


def test_another_tenants_task_of_the_same_id_is_another(ledger):
    for tenant in ("a", "b"):
        ledger.commit(a_told_task(tenant=tenant), told(a_decision(tenant=tenant)))
    ledger.erasures.erase(order(tenant="a"), NOON)
    assert SECRET in ledger.find_task("b", "T-1")[0].text
    assert SECRET not in ledger.find_task("a", "T-1")[0].text
    assert check(ledger).ok


def test_who_asked_by_any_spelling(ledger):
    for n, name in enumerate(("Ann Lee", "ann lee", "bob", None)):
        task = a_task(f"T-{n}").model_copy(update={"requester": name})
        ledger.commit(task, a_decision(f"T-{n}"))
    assert ledger.erasures.asked_by("default", "ANN LEE") == ["T-0", "T-1"]
    assert ledger.erasures.asked_by("other", "bob") == []
    ledger.erasures.erase(order("T-0"), NOON)
    assert ledger.erasures.asked_by("default", "Ann Lee") == ["T-1"]


def test_an_answer_remembered_for_another_id_stays(lived):
    lived.erasures.erase(order(), NOON)
    assert lived.claim_key("default", "key-1", "d", utc_now()) is None
    assert "T-10" in lived.claim_key("default", "key-2", "d", utc_now()).body


class TestAnErasureExcusesNothingElse:
    """Of what is erased only the texts may differ, and only by being gone."""

    @pytest.fixture
    def erased(self, lived):
        lived.erasures.erase(order(), NOON)
        assert check(lived).ok
        return lived

    @pytest.mark.parametrize(
        ("table", "changed"),
        [
            (decisions, {"option": "loans"}),
            (decisions, {"actor": "mallory"}),
            (decisions, {"reason": "another story"}),
            (decisions, {"trace": {}}),
            (decisions, {"confidence": 0.9}),
            (tasks, {"text": "another story"}),
            (tasks, {"text": ""}),
            (tasks, {"requester": None}),
            (tasks, {"erased_at": None}),
            (tasks, {"erased_at": NOON + timedelta(days=1)}),
            (audit, {"salt": "00"}),
            (audit, {"texts": "00"}),
            (audit, {"said": "00"}),
            (audit, {"event": "00"}),
        ],
    )
    def test_a_change_is_found(self, erased, table, changed):
        with erased._database.write() as connection:
            of = table.c.ref if table is audit else table.c.id
            id = "T-1" if table is tasks else a_decision().id
            assert connection.execute(update(table).where(of == id).values(**changed)).rowcount
        assert not erased.audit.verify().ok

    def test_the_event_of_it_cannot_go(self, erased):
        with erased._database.write() as connection:
            connection.execute(outbox.delete().where(outbox.c.type == ERASED))
        assert not erased.audit.verify().ok

    def test_texts_that_go_without_an_event_are_found(self, lived):
        check(lived)
        with lived._database.write() as connection:
            connection.execute(
                update(tasks)
                .where(tasks.c.id == "T-10")
                .values(text=ERASED_TEXT, attributes={}, requester=ERASED_TEXT, erased_at=NOON)
            )
        assert any("erasure of T-10" in flaw.what for flaw in check(lived).flaws)

    def test_an_erasure_that_was_made_up_gives_leave_to_blank_at_most(self, lived):
        check(lived)
        lived.note(Event(type=ERASED, subject="T-10", data={"actor": "m", "reason": "m"}))
        with lived._database.write() as connection:
            connection.execute(
                update(decisions).where(decisions.c.subject == "T-10").values(option="loans")
            )
        assert not check(lived).ok


def test_a_sealer_in_between_keeps_no_salt(url, monkeypatch):
    """One that has read the texts and not yet written must not write once they are gone."""
    from signalbox.ledger import audit as sealing

    ledger, other = open_ledger(url), open_ledger(url)
    ledger.commit(a_told_task(), told(a_decision()))
    reading, erased = sealing.contents, []

    def slow(connection, spoken):
        found = reading(connection, spoken)
        if not erased:
            erased.append(True)
            connection.rollback()
            other.erasures.erase(order(), NOON)
        return found

    monkeypatch.setattr(sealing, "contents", slow)
    assert ledger.audit.seal(10) == 0
    while ledger.audit.seal(10):
        pass
    assert check(ledger).ok
    with ledger._database.read() as connection:
        salts = connection.scalars(select(audit.c.salt).where(audit.c.type != ERASED)).all()
    assert salts == [None]
    ledger.close()
    other.close()


def test_erasing_beside_commits(url):
    from concurrent.futures import ThreadPoolExecutor

    ledger = open_ledger(url)
    for n in range(30):
        ledger.commit(a_told_task(f"T-{n}"), told(a_decision(f"T-{n}")))

    def one(n):
        if n % 3 == 0:
            return ledger.erasures.erase(order(f"T-{n // 3}"), utc_now())
        if n % 3 == 1:
            return ledger.audit.seal(7)
        return ledger.commit(a_task(f"N-{n}"), a_decision(f"N-{n}"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(90)))
    assert SECRET not in everything(ledger)
    report = check(ledger)
    assert report.ok, report.flaws
    assert report.erasures == 30
    ledger.close()
