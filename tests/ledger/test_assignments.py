"""Who has which task: the ledger arbitrates, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from signalbox.domain.assignment import Assignment, AssignmentState
from signalbox.domain.autonomy import AutonomyChange, Held, Switch
from signalbox.domain.base import utc_now
from signalbox.domain.calendar import Calendar, Shift
from signalbox.domain.decision import Decision, decision_id
from signalbox.domain.enums import DecisionStatus, Kind, Source, TaskState
from signalbox.domain.errors import Conflict, NotFound
from signalbox.domain.outcome import Outcome
from signalbox.domain.resource import Resource
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task

HOUR = timedelta(hours=1)
LATER = NOON + timedelta(minutes=30)
CALENDAR = Calendar(shifts=(Shift(days=("mon",), start="09:00", until="17:00"),))


def somebody(id: str = "bea", team: str = "cards", **more: object) -> Resource:
    return Resource.model_validate({"id": id, "team": team, "updated_at": NOON, **more})


def route(ledger: SqlLedger, task_id: str = "T-1", **more: object) -> Decision:
    return ledger.commit(
        a_task(task_id), a_decision(task_id, **more), upgrade=more.get("epoch", 1) != 1
    )  # type: ignore[arg-type]


def giving(task_id: str, to: str, epoch: int = 1, source: Source = Source.POLICY) -> Decision:
    return Decision(
        id=decision_id("default", "assignment", task_id, epoch),
        kind=Kind.ASSIGNMENT,
        subject=task_id,
        epoch=epoch,
        status=DecisionStatus.DECIDED,
        option=to,
        source=source,
        actor="ann" if source is Source.PERSON else None,
        reason="the fastest who is free",
        decided_at=NOON,
    )


def stands(ledger: SqlLedger, task_id: str = "T-1") -> Assignment:
    found = ledger.assignments.find("default", task_id)
    assert found is not None
    return found


def test_a_resource_comes_back_as_it_was_put_in(ledger: SqlLedger) -> None:
    given = somebody(
        skills={"fraud", "übersetzen"}, capacity=3, load=1, cost=42.5, calendar=CALENDAR, title="B"
    )
    assert ledger.resources.put(given) is True
    assert ledger.resources.find("default", "bea") == given
    changed = given.model_copy(update={"calendar": None, "away": True, "updated_at": LATER})
    assert ledger.resources.put(changed) is False
    assert ledger.resources.all("default", "cards") == [changed]
    assert ledger.resources.all("other") == [] and ledger.resources.all(None) == [changed]
    with pytest.raises(NotFound, match="no resource 'bea'"):
        ledger.resources.find("other", "bea")
    kinds = [event.type for event in ledger.events(0, 10)]
    assert kinds == ["resource.changed", "resource.changed"]


def test_without_resources_nothing_waits(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody(team="loans"))
    route(ledger)
    assert ledger.assignments.find("default", "T-1") is None
    assert ledger.assignments.open() == []


def test_what_is_routed_to_a_team_with_resources_waits(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    found = stands(ledger)
    assert (found.state, found.team, found.since) == (AssignmentState.WAITING, "cards", NOON)
    assert found.attributes == {"channel": "mail"}
    assert ledger.assignments.open() == [found]


def test_the_first_resource_of_a_team_takes_over_its_backlog(ledger: SqlLedger) -> None:
    for task_id in ("T-1", "T-2", "T-3"):
        route(ledger, task_id)
    route(ledger, "T-2", epoch=2, option="loans")
    ledger.record_outcome(Outcome(subject="T-3", option="cards", recorded_at=NOON))
    ledger.resources.put(somebody())
    assert [one.task_id for one in ledger.assignments.open()] == ["T-1"]


def test_an_assignment_is_a_decision_beside_the_one_about_the_task(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    routed = route(ledger)
    given = ledger.assignments.assign(giving("T-1", "bea"), None)
    assert (given.state, given.resource) == (AssignmentState.ASSIGNED, "bea")
    assert stands(ledger).reason == "the fastest who is free"
    assert ledger.latest_decision("default", "T-1") == routed, "not what was decided about it"
    assert ledger.next_epoch("default", "T-1") == 2
    assert ledger.find_decision("default", given.decision_id or "") == giving("T-1", "bea")
    last = ledger.events(0, 10)[-1]
    assert (last.type, last.data["kind"]) == ("decision.committed", "assignment")


def test_nobody_is_given_more_than_they_can_hold(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody(capacity=2, load=1))
    for task_id in ("T-1", "T-2"):
        route(ledger, task_id)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    with pytest.raises(Conflict, match="no place left"):
        ledger.assignments.assign(giving("T-2", "bea"), None)
    assert stands(ledger, "T-2").state is AssignmentState.WAITING
    assert ledger.find_decision("default", giving("T-2", "bea").id) is None
    person = giving("T-2", "bea", source=Source.PERSON)
    assert ledger.assignments.assign(person, None, by_person=True).resource == "bea"


def test_who_is_away_or_off_shift_is_given_nothing_whatever_a_process_believes(
    ledger: SqlLedger,
) -> None:
    ledger.resources.put(somebody(away=True))
    ledger.resources.put(somebody("carl", calendar=CALENDAR))
    route(ledger)
    for id in ("bea", "carl"):  # It is a Sunday.
        with pytest.raises(Conflict, match="not on shift"):
            ledger.assignments.assign(giving("T-1", id), None)
    person = giving("T-1", "carl", source=Source.PERSON)
    assert ledger.assignments.assign(person, None, by_person=True).resource == "carl"


def test_a_task_routed_while_the_first_of_a_team_is_registered_waits_all_the_same(
    ledger: SqlLedger,
) -> None:
    def work(n: int) -> None:
        if n % 5 == 0:
            ledger.resources.put(somebody())
        else:
            route(ledger, f"T-{n}")

    for turn in range(4):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(turn * 20 + 1, turn * 20 + 21)))
        tasks = {f"T-{n}" for n in range(turn * 20 + 1, turn * 20 + 21) if n % 5}
        waiting = {one.task_id for one in ledger.assignments.open()}
        assert tasks <= waiting
        ledger.resources.remove("default", "bea")


def test_the_last_change_never_goes_back_in_time(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    # The clock of another server is ahead, then one that is behind assigns again.
    back = ledger.assignments.give_back("default", "T-1", by="bea", reason="", now=utc_now() + HOUR)
    again = ledger.assignments.assign(giving("T-1", "bea", epoch=2), None)
    assert again.changed_at == back.changed_at and stands(ledger).changed_at == back.changed_at


def test_many_at_once_never_overfill_anybody(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody(capacity=3))
    tasks = [f"T-{n}" for n in range(12)]
    for task_id in tasks:
        route(ledger, task_id)

    def attempt(task_id: str) -> bool:
        try:
            ledger.assignments.assign(giving(task_id, "bea"), None)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, tasks)) == 3
    held = [one for one in ledger.assignments.open() if one.state is AssignmentState.ASSIGNED]
    assert len(held) == 3


def test_one_task_goes_to_one_of_two_who_ask_at_once(ledger: SqlLedger) -> None:
    for id in ("bea", "carl"):
        ledger.resources.put(somebody(id))
    route(ledger)

    def attempt(id: str) -> str | None:
        try:
            return ledger.assignments.assign(giving("T-1", id), None).resource
        except Conflict:
            return None

    with ThreadPoolExecutor(2) as pool:
        got = [one for one in pool.map(attempt, ("bea", "carl")) if one]
    assert len(got) == 1 and stands(ledger).resource == got[0]


@pytest.mark.parametrize("switch", [Switch.PAUSED, Switch.HALTED])
def test_the_switch_holds_assignments_back(ledger: SqlLedger, switch: Switch) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    ledger.set_autonomy(AutonomyChange(switch=switch, actor="ops"), NOON)
    with pytest.raises(Held):
        ledger.assignments.assign(giving("T-1", "bea"), None)
    assert stands(ledger).state is AssignmentState.WAITING
    assert ledger.find_decision("default", giving("T-1", "bea").id) is None


def test_work_ends_once_and_is_remembered_for_learning(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    with pytest.raises(Conflict, match="waits for somebody"):
        ledger.assignments.end("default", "T-1", by="bea", now=LATER)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    assert ledger.assignments.end("default", "T-1", by="bea", now=LATER).ended_at == LATER
    with pytest.raises(Conflict, match="is done"):
        ledger.assignments.end("default", "T-1", by="bea", now=LATER)
    (work,) = ledger.assignments.done(NOON, 10)
    assert (work.resource, work.ended_at - work.assigned_at) == ("bea", timedelta(minutes=30))
    assert ledger.assignments.done(LATER, 10) == []
    found = ledger.find_task("default", "T-1")
    assert found is not None and found[1] is TaskState.ROUTED, "its outcome is still to come"


def test_an_outcome_ends_the_work_too(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    ledger.record_outcome(Outcome(subject="T-1", option="cards", recorded_at=LATER))
    found = stands(ledger)
    assert (found.state, found.resource, found.ended_at) == (AssignmentState.DONE, "bea", LATER)


def test_what_is_given_back_waits_for_others(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    back = ledger.assignments.give_back("default", "T-1", by="bea", reason="no time", now=LATER)
    assert (back.state, back.resource, back.returned_by) == (
        AssignmentState.WAITING, None, ("bea",)
    )  # fmt: skip
    assert stands(ledger).reason == "bea gave it back: no time"
    again = ledger.assignments.assign(giving("T-1", "bea", epoch=2), None)
    assert (again.epoch, again.since) == (2, NOON), "it has waited since it was routed"


def test_whoever_leaves_leaves_their_work_behind(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody(capacity=5))
    for task_id in ("T-1", "T-2"):
        route(ledger, task_id)
        ledger.assignments.assign(giving(task_id, "bea"), None)
    assert ledger.resources.remove("default", "bea") == 2
    assert {one.state for one in ledger.assignments.open()} == {AssignmentState.WAITING}
    with pytest.raises(NotFound):
        ledger.assignments.assign(giving("T-1", "bea", epoch=2), None)
    with pytest.raises(NotFound):
        ledger.resources.remove("default", "bea")


def test_a_task_routed_anew_leaves_whom_it_was_with(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    ledger.resources.put(somebody("carl", "loans"))
    route(ledger)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    route(ledger, epoch=2, option="loans")
    found = stands(ledger)
    assert (found.state, found.team, found.resource) == (AssignmentState.WAITING, "loans", None)
    with pytest.raises(Conflict, match="works for 'cards'"):
        ledger.assignments.assign(giving("T-1", "bea", epoch=2), None)
    route(ledger, epoch=3, option="nobody")
    assert ledger.assignments.find("default", "T-1") is None


def test_why_a_task_waits_is_told_once(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    one = stands(ledger)
    for _ in range(2):
        ledger.assignments.explain([one], ["all are busy"], [None])
    ledger.assignments.explain([one], ["a person has to say so"], ["bea"])
    found = stands(ledger)
    assert (found.reason, found.suggested) == ("a person has to say so", "bea")
    told = [event.data["reason"] for event in ledger.events(0, 20) if event.type.endswith("waits")]
    assert told == ["all are busy", "a person has to say so"]


def test_two_servers_explain_the_same_tasks_in_turn(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    for n in range(30):
        route(ledger, f"T-{n}")
    tasks = ledger.assignments.open()

    def explain(turn: int) -> None:
        asked = tasks if turn % 2 else tasks[::-1]
        ledger.assignments.explain(asked, [f"reason {turn}"] * len(asked), [None] * len(asked))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(explain, range(24)))
    assert len({one.reason for one in ledger.assignments.open()}) == 1


def test_the_chain_covers_assignments(ledger: SqlLedger) -> None:
    ledger.resources.put(somebody())
    route(ledger)
    ledger.assignments.assign(giving("T-1", "bea"), None)
    while ledger.audit.seal(100):
        pass
    assert ledger.audit.verify().ok


def test_the_stamp_of_the_register_changes_with_it(ledger: SqlLedger) -> None:
    stamps = [ledger.resources.stamp()]
    ledger.resources.put(somebody())
    stamps.append(ledger.resources.stamp())
    ledger.resources.put(somebody(updated_at=LATER))
    stamps.append(ledger.resources.stamp())
    ledger.resources.remove("default", "bea")
    stamps.append(ledger.resources.stamp())
    assert len(set(stamps)) == 3 and stamps[0] == stamps[3]
