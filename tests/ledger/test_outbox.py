from __future__ import annotations

import threading

from signalbox.domain.outcome import Outcome
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import a_decision, a_task


def test_events_are_read_on_from_a_place(ledger: SqlLedger) -> None:
    for number in range(5):
        ledger.commit(a_task(f"T-{number}"), a_decision(f"T-{number}"))
    first = ledger.events(0, 2)
    assert [event.subject for event in first] == ["T-0", "T-1"]
    assert first[-1].id is not None
    rest = ledger.events(first[-1].id, 10)
    assert [event.subject for event in rest] == ["T-2", "T-3", "T-4"]
    assert ledger.events(rest[-1].id or 0, 10) == []


def test_an_event_tells_the_decision_without_its_trace(ledger: SqlLedger) -> None:
    ledger.commit(a_task(), a_decision())
    (event,) = ledger.events(0, 10)
    assert event.data["id"] == a_decision().id
    assert event.data["option"] == "cards"
    assert event.data["automatic"] is True
    assert "trace" not in event.data


def test_a_reader_that_keeps_its_place_misses_nothing(ledger: SqlLedger) -> None:
    """Ids are handed out before commit on PostgreSQL: a reader must not overtake a writer."""

    def commit(worker: int) -> None:
        for number in range(15):
            subject = f"W{worker}-{number}"
            ledger.commit(a_task(subject), a_decision(subject))

    workers = [threading.Thread(target=commit, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    seen: list[str] = []
    place = 0
    running = True
    while running:
        running = any(worker.is_alive() for worker in workers)
        for event in ledger.events(place, 7):
            seen.append(event.subject)
            place = event.id or 0
    while events := ledger.events(place, 7):
        seen += [event.subject for event in events]
        place = events[-1].id or 0
    assert sorted(seen) == sorted(f"W{worker}-{n}" for worker in range(4) for n in range(15))


def test_a_reader_waits_for_an_unfinished_writer(ledger: SqlLedger) -> None:
    """The case the lock exists for, step by step: id 1 is written, id 2 commits before it."""
    if ledger._database.engine.dialect.name != "postgresql":
        # SQLite has one writer: nobody can commit id 2 while id 1 is unfinished.
        ledger.commit(a_task(), a_decision())
        assert len(ledger.events(0, 10)) == 1
        return
    from signalbox.ledger import outbox

    read: list[str] = []
    with ledger._database.write() as slow:
        outbox.append(slow, outbox.decision_committed(a_decision("T-slow")))
        ledger.commit(a_task("T-fast"), a_decision("T-fast"))
        reader = threading.Thread(
            target=lambda: read.extend(event.subject for event in ledger.events(0, 10))
        )
        reader.start()
        reader.join(0.3)
        assert read == []
    reader.join(10)
    assert read == ["T-slow", "T-fast"]


def test_outcomes_are_read_on_from_a_place_and_other_events_passed_over_once(
    ledger: SqlLedger,
) -> None:
    assert ledger.outcomes_after(0, 10) == ([], 0)
    for number in range(3):
        ledger.commit(a_task(f"T-{number}"), a_decision(f"T-{number}"))
        ledger.record_outcome(Outcome(subject=f"T-{number}", option="cards"))
    last = ledger.events(0, 100)[-1].id
    assert ledger.outcomes_after(0, 0) == ([], last)
    first, place = ledger.outcomes_after(0, 2)
    assert [event.subject for event in first] == ["T-0", "T-1"]
    rest, place = ledger.outcomes_after(place, 2)
    assert ([event.subject for event in rest], place) == (["T-2"], last)
    ledger.commit(a_task("T-9"), a_decision("T-9"))
    nothing, place = ledger.outcomes_after(place, 2)
    assert (nothing, place) == ([], ledger.events(0, 100)[-1].id)
