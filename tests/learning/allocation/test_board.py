"""The board keeps up with what it is told, in whatever order that comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from signalbox.domain.assignment import Assignment, AssignmentState
from signalbox.domain.resource import Resource
from signalbox.learning.allocation.board import Asked, Board

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def asks(one: Assignment) -> Asked:
    skills = frozenset(filter(None, one.attributes.get("skills", "").split(",")))
    return Asked(one.team, skills, one.attributes.get("priority", "normal"))


def a_task(task_id: str = "T", **more: Any) -> Assignment:
    fields = {
        "task_id": task_id,
        "team": "cards",
        "since": NOON,
        "changed_at": NOON,
        "received_at": NOON,
    }
    return Assignment.model_validate(fields | more)


def board(relax: timedelta | None = None) -> Board:
    made = Board(asks, relax)
    made.register([Resource(id="bea", team="cards", capacity=2, load=1)])
    return made


def test_the_oldest_case_stands_first() -> None:
    made = board()
    for hours, task_id in ((2, "young"), (-3, "old"), (0, "middle")):
        made.apply(a_task(task_id, received_at=NOON + hours * HOUR))
    (queue,) = made.queues("cards")
    head = made.head(queue)
    assert head is not None and (head[0].task_id, head[1]) == ("old", 3)
    made.apply(a_task("old", state="assigned", resource="bea", changed_at=NOON + HOUR))
    head = made.head(queue)
    assert head is not None and (head[0].task_id, head[1]) == ("middle", 2)
    assert made.taken(made.resources["bea"]) == 2


def test_what_asks_for_other_things_waits_in_another_queue() -> None:
    made = board()
    made.apply(a_task("a", attributes={"skills": "fraud"}))
    made.apply(a_task("b", attributes={"priority": "high"}))
    made.apply(a_task("c", returned_by=("bea",)))
    made.apply(a_task("d"))
    assert len(made.queues("cards")) == 4
    assert made.waiting_teams() == ["cards"]


def test_skills_are_asked_for_no_longer_after_a_while() -> None:
    made = board(relax=HOUR)
    made.apply(a_task("a", attributes={"skills": "fraud"}))
    made.apply(a_task("b", attributes={"skills": "fraud"}, since=NOON + HOUR))
    made.relax(NOON + HOUR)
    assert sorted((queue.relaxed, len(queue.skills)) for queue in made.queues("cards")) == [
        (False, 1),
        (True, 0),
    ]
    made.relax(NOON + 2 * HOUR)
    assert [queue.relaxed for queue in made.queues("cards")] == [True]


def test_old_news_of_what_has_ended_is_no_news() -> None:
    made = board()
    assigned = a_task(state="assigned", resource="bea", changed_at=NOON + HOUR)
    made.apply(assigned)
    made.apply(a_task(state="done", resource="bea", changed_at=NOON + 2 * HOUR))
    made.apply(assigned)
    made.keep_only([assigned], NOON)
    assert made.open == {} and made.held["bea"] == 0


def test_what_is_newer_than_a_reading_is_not_dropped_by_it() -> None:
    made = board()
    made.apply(a_task("new", changed_at=NOON + HOUR))
    made.apply(a_task("gone", changed_at=NOON - HOUR))
    made.keep_only([], NOON)
    assert list(made.open) == ["new"]


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(list(AssignmentState)), st.integers(0, 50)),
        max_size=40,
    )
)
def test_in_any_order_the_newest_counts(news: list[tuple[int, AssignmentState, int]]) -> None:
    made = board()
    latest: dict[str, Assignment] = {}
    for number, state, minute in news:
        resource = None if state is AssignmentState.WAITING else "bea"
        one = a_task(
            f"t{number}", state=state, resource=resource, changed_at=NOON + minute * HOUR / 60
        )
        made.apply(one)
        if one.task_id not in latest or latest[one.task_id].changed_at <= one.changed_at:
            latest[one.task_id] = one
    open_now = {id: one for id, one in latest.items() if one.state is not AssignmentState.DONE}
    assert made.open == open_now
    held = sum(one.state is AssignmentState.ASSIGNED for one in open_now.values())
    assert made.held["bea"] == held
    counts = [made.head(queue) for queue in made.queues("cards")]
    assert sum(found[1] for found in counts if found) == len(open_now) - held
