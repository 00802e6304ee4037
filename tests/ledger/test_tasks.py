from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from signalbox.domain.enums import DecisionStatus, TaskState
from signalbox.domain.errors import BadInput, Conflict
from signalbox.domain.outcome import Outcome
from signalbox.domain.task import Task
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task, an_approval


def test_a_task_is_kept_as_it_was_sent(ledger: SqlLedger) -> None:
    task = a_task(text="naïve “ticket” 🚆\nsecond line")
    assert ledger.accept(task) == task
    assert ledger.find_task("default", "T-1") == (task, TaskState.RECEIVED)


def test_the_same_task_again_is_the_stored_one(ledger: SqlLedger) -> None:
    ledger.accept(a_task())
    later = a_task().model_copy(update={"received_at": NOON + timedelta(hours=1)})
    assert ledger.accept(later).received_at == NOON


@pytest.mark.parametrize("verb", ["accept", "commit", "park"])
def test_other_content_under_a_stored_id_is_a_conflict(ledger: SqlLedger, verb: str) -> None:
    ledger.accept(a_task())
    other = a_task(text="something else")
    with pytest.raises(Conflict, match="'T-1' is already stored with other content") as raised:
        if verb == "accept":
            ledger.accept(other)
        elif verb == "commit":
            ledger.commit(other, a_decision())
        else:
            ledger.park(other, an_approval())
    assert "new id" in raised.value.hint
    assert ledger.find_task("default", "T-1") == (a_task(), TaskState.RECEIVED)
    assert ledger.latest_decision("default", "T-1") is None
    assert ledger.approvals("default", limit=10) == []


def test_a_task_travels_from_received_to_closed(ledger: SqlLedger) -> None:
    def state() -> TaskState:
        found = ledger.find_task("default", "T-1")
        assert found is not None
        return found[1]

    ledger.accept(a_task())
    assert state() is TaskState.RECEIVED
    ledger.park(a_task(), an_approval())
    assert state() is TaskState.WAITING
    ledger.commit(a_task(), a_decision())
    assert state() is TaskState.ROUTED
    ledger.park(a_task(), an_approval(epoch=2))
    assert state() is TaskState.WAITING
    ledger.commit(a_task(), a_decision(epoch=2))
    ledger.record_outcome(Outcome(subject="T-1", option="cards"))
    assert state() is TaskState.CLOSED
    ledger.commit(a_task(), a_decision(epoch=3))
    assert state() is TaskState.CLOSED


def test_a_decision_without_an_option_closes_its_task(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision(option=None, status=DecisionStatus.REJECTED))
    found = ledger.find_task("default", "T-1")
    assert found is not None
    assert found[1] is TaskState.CLOSED


def test_undecided_are_those_nothing_was_written_about(ledger: SqlLedger) -> None:
    for number in range(5):
        moment = NOON - timedelta(minutes=number)
        task = a_task(f"T-{number}", tenant=f"tenant-{number % 2}")
        ledger.accept(task.model_copy(update={"received_at": moment}))
    ledger.commit(a_task("T-1", "tenant-1"), a_decision("T-1", "tenant-1"))
    ledger.park(a_task("T-2", "tenant-0"), an_approval("T-2", "tenant-0"))
    assert [task.id for task in ledger.undecided()] == ["T-4", "T-3", "T-0"]
    assert [task.id for task in ledger.undecided(limit=1)] == ["T-4"]


def test_the_sweep_for_the_undecided_walks_its_small_index(ledger: SqlLedger) -> None:
    engine = ledger._database.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("a PostgreSQL planner chooses by the rows there are")
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda c, k, sql, *rest: seen.append(sql))
    ledger.undecided()
    sql = next(line for line in seen if "FROM tasks" in line)
    with ledger._database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1, 0)).all()
    assert "ix_tasks_undecided" in str(plan)


def test_text_the_database_cannot_hold_is_bad_input_on_postgresql(ledger: SqlLedger) -> None:
    # The domain refuses it; a value built without validation must not break the ledger either.
    task = Task(id="T-1", text="x").model_copy(update={"requester": "nul\x00"})
    if ledger._database.engine.dialect.name == "sqlite":
        assert ledger.accept(task) == task
        return
    with pytest.raises(BadInput, match="cannot hold") as raised:
        ledger.accept(task)
    assert "NUL" in raised.value.hint
