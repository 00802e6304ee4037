from __future__ import annotations

import pytest
from sqlalchemy import event

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.enums import ApprovalVerb
from signalbox.domain.errors import NotFound, Unavailable
from signalbox.domain.outcome import Outcome
from signalbox.domain.ports import Budget, Ledger
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task, an_approval


def test_it_is_the_port(ledger: SqlLedger) -> None:
    port: Ledger = ledger
    port.ping()
    budget: Budget = ledger
    assert budget.spent("host", NOON) == 0
    verbs = {name for one in (Ledger, Budget) for name in vars(one) if not name.startswith("_")}
    assert verbs <= set(dir(port))


def test_no_read_sees_another_tenant(ledger: SqlLedger) -> None:
    ledger.commit(a_task("T-1", "theirs"), a_decision("T-1", "theirs"))
    ledger.record_outcome(Outcome(tenant="theirs", subject="T-1", option="cards"))
    ledger.park(a_task("T-2", "theirs"), an_approval("T-2", "theirs"))
    approval = an_approval("T-2", "theirs")
    yes = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")

    assert ledger.find_task("ours", "T-1") is None
    assert ledger.next_epoch("ours", "T-1") == 1
    assert ledger.find_decision("ours", a_decision("T-1", "theirs").id) is None
    assert ledger.latest_decision("ours", "T-1") is None
    assert ledger.decisions("ours", limit=10) == []
    assert ledger.find_approval("ours", approval.id) is None
    assert ledger.approvals("ours", limit=10) == []
    assert ledger.outcomes("ours", 10) == []
    with pytest.raises(NotFound):
        ledger.answer("ours", approval.id, yes, NOON)
    with pytest.raises(NotFound):
        ledger.record_outcome(Outcome(tenant="ours", subject="T-1", option="cards"))
    assert {one.tenant for one in ledger.events(0, 10)} == {"theirs"}


def test_two_tenants_may_use_the_same_ids(ledger: SqlLedger) -> None:
    for tenant, option in (("ours", "cards"), ("theirs", "loans")):
        ledger.park(a_task(tenant=tenant), an_approval(tenant=tenant))
        ledger.commit(a_task(tenant=tenant), a_decision(tenant=tenant, option=option))
        ledger.record_outcome(Outcome(tenant=tenant, subject="T-1", option=option))
    for tenant, option in (("ours", "cards"), ("theirs", "loans")):
        ((decision, outcome),) = ledger.outcomes(tenant, 10)
        assert (decision.tenant, decision.option, outcome.option) == (tenant, option, option)


@pytest.mark.parametrize("table", ["tasks", "decisions", "approvals", "outbox"])
def test_a_commit_that_fails_anywhere_leaves_nothing(ledger: SqlLedger, table: str) -> None:
    engine = ledger._database.engine

    def fail(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith((f"INSERT INTO {table}", f"UPDATE {table}")):
            raise MemoryError(table)

    event.listen(engine, "after_cursor_execute", fail)
    with pytest.raises(MemoryError, match=table):
        ledger.commit(a_task(), a_decision())
    event.remove(engine, "after_cursor_execute", fail)
    assert ledger.find_task("default", "T-1") is None
    assert ledger.latest_decision("default", "T-1") is None
    assert ledger.events(0, 10) == []
    assert ledger.commit(a_task(), a_decision()) == a_decision()


def test_a_database_that_has_gone_is_unavailable_then_comes_back(ledger: SqlLedger) -> None:
    engine = ledger._database.engine
    if engine.dialect.name != "postgresql":
        pytest.skip("a file does not hang up")
    ledger.commit(a_task(), a_decision())
    with ledger._database.read() as connection:
        connection.exec_driver_sql("SELECT 1")
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with (
            pytest.raises(Unavailable, match="does not answer"),
            ledger._database.write() as doomed,
        ):
            victim = doomed.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            assert victim != own
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({victim}, 5000)")
            doomed.exec_driver_sql("SELECT 1")
    assert ledger.latest_decision("default", "T-1") == a_decision()
