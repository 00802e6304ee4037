"""What the ledger holds back in the transaction that would have committed it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from signalbox.domain.autonomy import AutonomyChange, Held, StoredAutonomy, Switch
from signalbox.domain.enums import AutonomyLevel, DecisionStatus, Kind, Source
from signalbox.domain.limits import Checks, Loop, Take
from signalbox.ledger.limits import take
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task
from tests.ledger.test_processes import line, start

TEN = Take(name="all", told="10 an hour", capacity=10, seconds=3600)


def set_switch(ledger: SqlLedger, switch: Switch) -> StoredAutonomy:
    return ledger.set_autonomy(AutonomyChange(switch=switch, actor="ann", reason="audit"), NOON)


def by_a_person(**more: object) -> object:
    return a_decision().model_copy(update={"source": Source.PERSON, **more})


def test_the_switch_is_read_where_a_decision_is_committed(ledger: SqlLedger) -> None:
    stored = set_switch(ledger, Switch.PAUSED)
    assert (stored.switch, stored.actor) == (Switch.PAUSED, "ann")
    with pytest.raises(Held, match="autonomy is paused by ann: audit"):
        ledger.commit(a_task(), a_decision())
    assert ledger.find_task("default", "T-1") is None
    assert ledger.decisions("default", limit=10) == []
    assert [event.type for event in ledger.events(0, 10)] == ["autonomy.changed"]
    kept = ledger.commit(a_task(), by_a_person())
    assert kept.source is Source.PERSON


def test_halted_holds_what_people_approved_too_but_not_a_refusal(ledger: SqlLedger) -> None:
    set_switch(ledger, Switch.HALTED)
    with pytest.raises(Held, match="everything is halted"):
        ledger.commit(a_task(), by_a_person())
    refused = ledger.commit(a_task(), by_a_person(status=DecisionStatus.REJECTED, option=None))
    assert refused.status is DecisionStatus.REJECTED
    set_switch(ledger, Switch.RUNNING)
    assert ledger.commit(a_task("T-2"), a_decision("T-2")).option == "cards"


def test_a_level_that_was_set_holds_its_kind(ledger: SqlLedger) -> None:
    order = AutonomyChange(kind=Kind.ROUTING, level=AutonomyLevel.SUGGEST, actor="ann")
    assert ledger.set_autonomy(order, NOON).levels == {Kind.ROUTING: AutonomyLevel.SUGGEST}
    with pytest.raises(Held, match="set the level of routing to suggest"):
        ledger.commit(a_task(), a_decision())
    again = order.model_copy(update={"level": AutonomyLevel.AUTOMATIC})
    ledger.set_autonomy(again, NOON)
    assert ledger.commit(a_task(), a_decision()).option == "cards"


@pytest.mark.parametrize(
    "change", ["DELETE FROM autonomy", "UPDATE autonomy SET word = 'nonsense'"]
)
def test_a_switch_that_cannot_be_read_is_taken_for_halted(ledger: SqlLedger, change: str) -> None:
    with ledger._database.write() as connection:
        connection.execute(text(change))
    assert ledger.autonomy().switch is Switch.HALTED
    with pytest.raises(Held):
        ledger.commit(a_task(), a_decision())
    set_switch(ledger, Switch.RUNNING)
    assert ledger.commit(a_task(), a_decision()).option == "cards"


def test_a_limit_gives_so_many_at_once_and_so_many_in_its_time(ledger: SqlLedger) -> None:
    def wait(seconds: float) -> timedelta | None:
        with ledger._database.write() as connection:
            return take(connection, TEN, NOON + timedelta(seconds=seconds))

    assert [wait(0) for _ in range(12)] == [None] * 10 + [timedelta(seconds=360)] * 2
    assert wait(359) == timedelta(seconds=1)
    assert wait(360) is None
    assert wait(361) is not None
    later = 360 + 3600
    assert [wait(later) for _ in range(11)].count(None) == 10


def test_a_clock_that_goes_back_gives_nothing_away(ledger: SqlLedger) -> None:
    with ledger._database.write() as connection:
        assert [take(connection, TEN, NOON) for _ in range(10)] == [None] * 10
        assert take(connection, TEN, NOON - timedelta(days=1)) is not None
        assert take(connection, TEN, NOON + timedelta(seconds=360)) is None


def test_what_is_not_committed_takes_nothing(ledger: SqlLedger) -> None:
    one = TEN.model_copy(update={"capacity": 1})
    none = Take(name="none", told="1 an hour", capacity=1, seconds=3600)
    ledger.commit(a_task("A"), a_decision("A"), checks=Checks(takes=(none,)))
    with pytest.raises(Held, match="1 an hour is used up"):
        ledger.commit(a_task(), a_decision(), checks=Checks(takes=(one, none)))
    ledger.commit(a_task("B"), a_decision("B"), checks=Checks(takes=(one,)))
    # A repeat is no second decision, and a person's does not count.
    ledger.commit(a_task("B"), a_decision("B"), checks=Checks(takes=(one,)))
    ledger.commit(a_task(), by_a_person(), checks=Checks(takes=(one,)))


def test_a_subject_that_is_decided_over_and_over_is_held(ledger: SqlLedger) -> None:
    checks = Checks(loop=Loop(most=3, within=timedelta(hours=1)))
    for epoch in (1, 2, 3):
        ledger.commit(a_task(), a_decision(epoch=epoch, minutes=epoch), checks=checks)
    with pytest.raises(Held, match="was decided 3 times within 1:00:00"):
        ledger.commit(a_task(), a_decision(epoch=4, minutes=4), checks=checks)
    ledger.commit(a_task(), a_decision(epoch=4, minutes=70), checks=checks)


def test_200_takers_in_two_processes_get_exactly_what_there_is(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    takers = [start("take", url, name, str(go), "100", "37") for name in ("a", "b")]
    assert [line(taker) for taker in takers] == ["ready", "ready"]
    go.touch()
    heard = [taker.communicate(timeout=120)[0].split() for taker in takers]
    assert [len(words) for words in heard] == [100, 100]
    assert sum(words.count("got") for words in heard) == 37
    assert len(ledger.decisions("default", limit=500)) == 37


def test_once_a_pause_is_in_nothing_that_had_not_seen_it_is_on_its_way(
    ledger: SqlLedger, url: str
) -> None:
    stream = start("stream", url)
    try:
        for _ in range(20):
            line(stream)
        pauser = start("pause", url, "paused")
        assert line(pauser) == "paused"
        before = len(ledger.decisions("default", limit=100_000))
        stream.wait(timeout=60)
        assert len(ledger.decisions("default", limit=100_000)) == before
        assert stream.returncode != 0
    finally:
        stream.kill()
        stream.communicate(timeout=10)
