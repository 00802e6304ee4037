"""Old events go, their places in the chain stay, and a pruning excuses nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from signalbox.domain.audit import PRUNED
from signalbox.domain.base import utc_now
from signalbox.domain.erasure import ErasureOrder
from signalbox.domain.outcome import Event, Outcome
from signalbox.ledger.audit_tables import audit
from signalbox.ledger.tables import decisions, outbox, outcomes
from signalbox.ledger.webhook_tables import deliveries, webhooks
from tests.ledger.make import a_decision, a_task

OLD, CUT = utc_now() - timedelta(days=40), utc_now() - timedelta(days=30)


def seal(ledger):
    while ledger.audit.seal(7):
        pass


def check(ledger):
    seal(ledger)
    return ledger.audit.verify(since=None, expect_head=None)


def prune(ledger, before=CUT):
    count = 0
    while some := ledger.pruning.prune_events(before, 3):
        count += some
    return count


@pytest.fixture
def lived(ledger):
    """Ten old decisions with their outcomes, an order of an operator, and two new decisions."""
    for n in range(10):
        ledger.commit(a_task(f"T-{n}"), a_decision(f"T-{n}"))
        ledger.record_outcome(Outcome(subject=f"T-{n}", option="loans", reporter="ben"))
    ledger.note(Event(type="rules.activated", subject="abc", data={"by": "ann"}))
    with ledger._database.write() as connection:
        connection.execute(update(outbox).values(created_at=OLD))
    for n in range(10, 12):
        ledger.commit(a_task(f"T-{n}"), a_decision(f"T-{n}"))
    seal(ledger)
    return ledger


def test_old_events_go_and_the_chain_holds(lived):
    before = check(lived)
    assert lived.pruning.events_before(CUT) == 20
    assert prune(lived) == 20
    assert lived.pruning.events_before(CUT) == 0
    kinds = [one.type for one in lived.events(0, 100)]
    assert kinds == ["rules.activated", "decision.committed", "decision.committed", PRUNED]
    after = lived.audit.verify(since=None, expect_head=before.head)
    assert after.ok, after.flaws
    assert (after.decisions, after.rows, after.unsealed) == (12, before.rows, 1)
    assert check(lived).ok


def test_what_is_not_sealed_stays(ledger):
    ledger.commit(a_task(), a_decision())
    assert prune(ledger, utc_now() + timedelta(days=1)) == 0
    seal(ledger)
    assert prune(ledger, utc_now() + timedelta(days=1)) == 1


def test_once_more_finds_nothing_and_says_nothing(lived):
    prune(lived)
    assert prune(lived) == 0
    assert [one.type for one in lived.events(0, 100)].count(PRUNED) == 1
    prune(lived, utc_now() + timedelta(days=1))
    assert [one.type for one in lived.events(0, 100)].count(PRUNED) == 2
    assert check(lived).ok


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        (decisions, {"option": "loans"}),
        (decisions, {"reason": "x"}),
        (outcomes, {"option": "cards"}),
        (audit, {"event": "00"}),
        (audit, {"said": "00"}),
        (audit, {"content": "00"}),
    ],
)
def test_a_change_in_what_is_left_is_found(lived, table, changed):
    prune(lived)
    assert check(lived).ok
    with lived._database.write() as connection:
        column = table.c.seq if table is audit else table.c.subject
        first = connection.scalar(select(func.min(column)))
        connection.execute(update(table).where(column == first).values(**changed))
    assert not check(lived).ok


@pytest.mark.parametrize("table", [decisions, outcomes])
def test_a_row_that_is_gone_too_is_found(lived, table):
    prune(lived)
    with lived._database.write() as connection:
        connection.execute(delete(table).where(table.c.subject == "T-3"))
    assert any("T-3" in flaw.what or "gone" in flaw.what for flaw in check(lived).flaws)


def test_newer_events_and_other_kinds_may_not_be_missing(lived):
    prune(lived)
    with lived._database.write() as connection:
        connection.execute(delete(outbox).where(outbox.c.subject == "T-11"))
    assert not check(lived).ok
    with lived._database.write() as connection:
        connection.execute(delete(outbox).where(outbox.c.type == "rules.activated"))
    assert len(check(lived).flaws) == 2


def test_the_event_of_a_pruning_may_not_be_missing(lived):
    prune(lived)
    check(lived)
    with lived._database.write() as connection:
        connection.execute(delete(outbox).where(outbox.c.type == PRUNED))
    assert not check(lived).ok


def test_what_was_pruned_can_still_be_erased(lived):
    prune(lived)
    order = ErasureOrder(subject="T-3", actor="dpo", reason="she asked")
    assert lived.erasures.erase(order, utc_now()).new
    report = check(lived)
    assert report.ok, report.flaws
    with lived._database.write() as connection:
        connection.execute(
            update(decisions).where(decisions.c.subject == "T-3").values(actor="mallory")
        )
    assert not check(lived).ok


def test_what_was_erased_can_be_pruned(lived):
    lived.erasures.erase(ErasureOrder(subject="T-3", actor="dpo", reason="she asked"), utc_now())
    prune(lived)
    report = check(lived)
    assert report.ok, report.flaws


def test_remembered_answers_are_forgotten_after_a_day(ledger):
    now = utc_now()
    ledger.claim_key("default", "old", "d", now - timedelta(hours=25))
    ledger.claim_key("default", "new", "d", now)
    assert ledger.pruning.forget_keys(now) == 1


@pytest.fixture
def hooked(lived):
    """A webhook that was noted what happened up to the tenth event; the third is on its way."""
    with lived._database.write() as connection:
        row = {"id": "wh", "tenant": "default", "url": "http://x", "types": [], "secret": "s"}
        row |= {"state": "active", "reason": "", "place": 10, "failures": 0, "created_at": OLD}
        connection.execute(insert(webhooks), row)
        for event, state in ((2, "delivered"), (3, "pending"), (4, "dead")):
            row = {"webhook_id": "wh", "event_id": event, "tenant": "default", "subject": "T-1"}
            row |= {"type": "decision.committed", "state": state, "attempts": 0, "last_error": ""}
            connection.execute(
                insert(deliveries), row | {"next_at": OLD, "until": OLD, "created_at": OLD}
            )
    return lived


def test_what_is_still_to_be_delivered_stays(hooked):
    assert hooked.pruning.events_before(CUT) == 9
    assert prune(hooked) == 9
    assert [one.id for one in hooked.events(0, 11)][:3] == [3, 11, 12]
    assert check(hooked).ok


def test_one_that_is_disabled_keeps_nothing_back(hooked):
    with hooked._database.write() as connection:
        connection.execute(update(webhooks).values(state="disabled"))
    assert prune(hooked) == 19
    with hooked._database.write() as connection:
        connection.execute(update(deliveries).values(state="delivered"))
    assert prune(hooked) == 1
    assert check(hooked).ok
