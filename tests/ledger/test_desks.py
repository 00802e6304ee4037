"""Claims and chains: who holds an approval, and where it goes when nobody answers it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signalbox.domain.access import Forbidden
from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.delegation import Hand
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.escalation import Chain, Desk, Level
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import NOON, a_task, an_approval

SOON = NOON + timedelta(minutes=5)
HOUR = timedelta(hours=1)
CHAIN = Chain(
    levels=(
        Level(name="team-lead", after=timedelta(minutes=10), people=("tina",)),
        Level(name="manager", after=timedelta(minutes=20), people=("mona",)),
    )
)
UP = ApprovalAnswer(decision=ApprovalVerb.ESCALATE, actor="ben", message="above my pay")


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def park(ledger: SqlLedger, subject: str = "T-1", **more: Any) -> Approval:
    asked = an_approval(subject).model_copy(
        update={"desk": Desk(due_at=CHAIN.due(0, NOON)), **more}
    )
    return ledger.park(a_task(subject), asked)


def lies(ledger: SqlLedger, subject: str = "T-1") -> Desk:
    found = ledger.find_approval("default", an_approval(subject).id)
    assert found is not None
    return found.desk


def approve(ledger: SqlLedger, actor: str, now: datetime = SOON, **more: Any) -> Approval:
    answer = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor=actor, **more)
    return ledger.answer("default", an_approval().id, answer, now)


def claim(ledger: SqlLedger, actor: str, until: float = 15, now: datetime = SOON) -> Approval:
    return ledger.desks.claim(
        "default", an_approval().id, Hand(actor=actor), now + timedelta(minutes=until), now
    )


def test_an_escalation_moves_it_up_and_decides_nothing(ledger: SqlLedger) -> None:
    asked = park(ledger)
    moved = ledger.desks.escalate("default", asked.id, UP, SOON, CHAIN)
    assert moved == ledger.find_approval("default", asked.id)
    assert moved.state is ApprovalState.WAITING
    assert (moved.desk.level, moved.desk.name, moved.desk.people, moved.desk.due_at) == (
        1,
        "team-lead",
        ("tina", "mona"),
        minutes(25),
    )
    _, event = ledger.events(0, 9)
    assert event.type == "approval.escalated"
    assert event.data == {
        "approval_id": asked.id,
        "digest": asked.digest,
        "actor": "ben",
        "on_behalf_of": None,
        "level": 1,
        "name": "team-lead",
        "was": 0,
        "people": ["tina", "mona"],
        "due_at": minutes(25).isoformat(),
        "note": "above my pay",
    }


def test_at_a_level_only_its_people_and_those_above_may_answer(ledger: SqlLedger) -> None:
    asked = park(ledger)
    ledger.desks.escalate("default", asked.id, UP, SOON, CHAIN)
    for stranger in ("ben", "tína", "tin\u0430"):
        with pytest.raises(Forbidden, match="lies with 'team-lead'"):
            approve(ledger, stranger)
        with pytest.raises(Forbidden):
            claim(ledger, stranger)
        with pytest.raises(Forbidden):
            again = UP.model_copy(update={"actor": stranger})
            ledger.desks.escalate("default", asked.id, again, SOON, CHAIN)
    assert approve(ledger, "Mona").state is ApprovalState.ANSWERED


def test_the_chain_ends(ledger: SqlLedger) -> None:
    asked = park(ledger)
    for actor, level in (("ben", 1), ("tina", 2)):
        by = UP.model_copy(update={"actor": actor})
        assert ledger.desks.escalate("default", asked.id, by, SOON, CHAIN).desk.level == level
    assert lies(ledger).due_at is None
    with pytest.raises(Conflict, match="at the end of its chain"):
        top = UP.model_copy(update={"actor": "mona"})
        ledger.desks.escalate("default", asked.id, top, SOON, CHAIN)
    with pytest.raises(Forbidden, match="lies with 'manager'"):
        approve(ledger, "tina")
    with pytest.raises(Conflict, match="no chain"):
        ledger.desks.escalate("default", park(ledger, "T-2").id, UP, SOON, Chain())


def test_who_asked_or_comes_late_may_not_escalate(ledger: SqlLedger) -> None:
    asked = park(ledger)
    for now, changed, told in (
        (SOON, {"actor": "ann"}, "separation of duties"),
        (SOON, {"digest": "0" * 64}, "another action"),
        (asked.expires_at, {}, "expired"),
    ):
        with pytest.raises(Conflict, match=told):
            by = UP.model_copy(update=changed)
            ledger.desks.escalate("default", asked.id, by, now, CHAIN)
    approve(ledger, "ben")
    with pytest.raises(Conflict, match="already answered"):
        ledger.desks.escalate("default", asked.id, UP, SOON, CHAIN)
    with pytest.raises(NotFound):
        ledger.desks.escalate("default", "apr-none", UP, SOON, CHAIN)
    assert lies(ledger).level == 0


def test_an_escalation_is_no_answer(ledger: SqlLedger) -> None:
    park(ledger)
    with pytest.raises(ValueError, match="no answer"):
        ledger.answer("default", an_approval().id, UP, SOON)


def test_time_alone_moves_it_through_the_chain_and_then_to_deny(ledger: SqlLedger) -> None:
    asked = park(ledger)
    where = {}
    for minute in range(0, 61, 1):
        climbed = ledger.desks.climb(minutes(minute), CHAIN)
        where |= {one.desk.name: minute for one in climbed}
    assert where == {"team-lead": 10, "manager": 30}
    (gone,) = ledger.expire(asked.expires_at)
    assert gone.state is ApprovalState.EXPIRED
    assert ledger.desks.climb(minutes(90), CHAIN) == []
    told = [(one.type, one.data["actor"], one.data["level"]) for one in ledger.events(1, 2)]
    assert told == [("approval.escalated", "system:sla", level) for level in (1, 2)]


def test_what_is_past_its_time_is_denied_and_not_escalated(ledger: SqlLedger) -> None:
    asked = park(ledger)
    assert ledger.desks.climb(asked.expires_at, CHAIN) == []
    assert lies(ledger).level == 0


def test_what_was_parked_before_there_was_a_chain_climbs_too(ledger: SqlLedger) -> None:
    park(ledger, desk=Desk())
    claim(ledger, "ben")
    park(ledger, "T-2", desk=Desk())
    assert ledger.desks.climb(minutes(9), CHAIN) == []
    assert lies(ledger, "T-2").due_at == minutes(10)
    assert {one.subject for one in ledger.desks.climb(minutes(10), CHAIN)} == {"T-1", "T-2"}
    assert lies(ledger) == lies(ledger, "T-2")


def test_a_longer_chain_takes_on_what_had_reached_the_end(ledger: SqlLedger) -> None:
    park(ledger)
    short = Chain(levels=CHAIN.levels[:1])
    ledger.desks.climb(minutes(10), short)
    assert (lies(ledger).level, lies(ledger).due_at) == (1, None)
    assert ledger.desks.climb(minutes(11), CHAIN) == []
    assert lies(ledger).due_at == minutes(31)
    assert [one.desk.level for one in ledger.desks.climb(minutes(31), CHAIN)] == [2]


def test_a_shorter_chain_leaves_what_is_above_it(ledger: SqlLedger) -> None:
    park(ledger)
    ledger.desks.climb(minutes(10), CHAIN)
    assert ledger.desks.climb(minutes(31), Chain(levels=CHAIN.levels[:1])) == []
    assert (lies(ledger).level, lies(ledger).due_at) == (1, None)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_moves_it_one_level_and_never_twice(
    ledger: SqlLedger, jump: timedelta
) -> None:
    """Rounds by two processes, of which one has a clock that is off from minute 3 to minute 8."""
    park(ledger, expires_at=minutes(24 * 60))
    levels = []
    for minute in range(120):
        for own in (jump if 3 <= minute < 8 else timedelta(), timedelta()):
            levels += [one.desk.level for one in ledger.desks.climb(minutes(minute) + own, CHAIN)]
    assert levels == [1, 2]
    assert lies(ledger).level == 2


def test_a_jump_forward_is_early_by_no_more_than_the_jump(ledger: SqlLedger) -> None:
    park(ledger, expires_at=minutes(24 * 60))
    assert [one.desk.level for one in ledger.desks.climb(minutes(60), CHAIN)] == [1]
    # The next level gets all its minutes by the clock that reached it, and the jump besides.
    assert lies(ledger).due_at == minutes(80)
    assert ledger.desks.climb(minutes(79), CHAIN) == []
    assert [one.desk.level for one in ledger.desks.climb(minutes(80), CHAIN)] == [2]


def test_of_many_rounds_at_once_one_moves_each(ledger: SqlLedger, url: str) -> None:
    for number in range(20):
        park(ledger, f"T-{number:02}")
    others = [open_ledger(url) for _ in range(4)]
    barrier = threading.Barrier(len(others))

    def round_of(one: SqlLedger) -> list[str]:
        barrier.wait()
        return [moved.subject for moved in one.desks.climb(minutes(10), CHAIN)]

    with ThreadPoolExecutor(len(others)) as threads:
        heard = [name for names in threads.map(round_of, others) for name in names]
    for other in others:
        other.close()
    # Left out by all where two held each other's rows: the next round has the rest.
    heard += [moved.subject for moved in ledger.desks.climb(minutes(10), CHAIN)]
    assert sorted(heard) == [f"T-{number:02}" for number in range(20)]
    told = [event.type for event in ledger.events(0, 99)]
    assert told == ["approval.asked"] * 20 + ["approval.escalated"] * 20


def test_an_answer_and_the_timer_never_both_count(ledger: SqlLedger) -> None:
    for attempt in range(15):
        subject = f"T-{attempt}"
        park(ledger, subject)
        barrier = threading.Barrier(2)

        def answer(subject: str = subject, barrier: threading.Barrier = barrier) -> bool:
            barrier.wait()
            by = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")
            try:
                ledger.answer("default", an_approval(subject).id, by, minutes(10))
            except Forbidden:
                return False
            return True

        def climb(barrier: threading.Barrier = barrier) -> bool:
            barrier.wait()
            return bool(ledger.desks.climb(minutes(10), CHAIN))

        with ThreadPoolExecutor(2) as threads:
            answered, climbed = threads.submit(answer), threads.submit(climb)
            assert answered.result() is not climbed.result() or not climbed.result()
            if not answered.result():
                assert climbed.result()


def test_while_it_is_claimed_only_the_claimer_may_answer(ledger: SqlLedger) -> None:
    park(ledger)
    claimed = claim(ledger, "ben")
    assert (claimed.desk.claimed_by, claimed.desk.claimed_until) == ("ben", minutes(20))
    told = r"claimed by 'ben' until 2026-03-01T12:20:00\.123456"
    with pytest.raises(Conflict, match=told):
        approve(ledger, "cy")
    with pytest.raises(Conflict, match=told):
        claim(ledger, "cy")
    with pytest.raises(Conflict, match=told):
        by = UP.model_copy(update={"actor": "cy"})
        ledger.desks.escalate("default", claimed.id, by, SOON, CHAIN)
    assert approve(ledger, " BEN").state is ApprovalState.ANSWERED


def test_a_claim_that_is_over_blocks_nobody(ledger: SqlLedger) -> None:
    park(ledger)
    claim(ledger, "ben")
    late = minutes(20)
    assert claim(ledger, "cy", now=late).desk.claimed_by == "cy"
    with pytest.raises(Conflict, match="claimed by 'cy'"):
        approve(ledger, "ben", now=late)
    assert approve(ledger, "dan", now=minutes(35)).state is ApprovalState.ANSWERED


def test_a_claim_is_extended_and_given_back_by_its_own(ledger: SqlLedger) -> None:
    asked = park(ledger)
    claim(ledger, "ben")
    assert claim(ledger, "Ben", until=60).desk.claimed_until == minutes(65)
    with pytest.raises(Conflict, match="that of 'Ben'"):
        ledger.desks.release("default", asked.id, "cy", SOON)
    freed = ledger.desks.release("default", asked.id, "ben", SOON)
    assert freed.desk == Desk(due_at=minutes(10)) == lies(ledger)
    assert ledger.desks.release("default", asked.id, "cy", SOON) == freed
    assert approve(ledger, "cy").state is ApprovalState.ANSWERED
    told = ["asked", "claimed", "claimed", "released", "answered"]
    assert [event.type for event in ledger.events(0, 9)] == [f"approval.{one}" for one in told]


@pytest.mark.parametrize("until", [0, -1, 61])
def test_a_claim_is_for_an_hour_at_most(ledger: SqlLedger, until: float) -> None:
    park(ledger)
    with pytest.raises(BadInput, match="an hour"):
        claim(ledger, "ben", until)


def test_who_asked_may_not_keep_others_from_answering(ledger: SqlLedger) -> None:
    asked = park(ledger)
    with pytest.raises(Conflict, match="separation of duties"):
        claim(ledger, "ann")
    with pytest.raises(BadInput, match="system:"):
        claim(ledger, "system:sla")
    with pytest.raises(NotFound):
        ledger.desks.claim("other", asked.id, Hand(actor="ben"), minutes(15), SOON)
    with pytest.raises(NotFound):
        ledger.desks.release("other", asked.id, "ben", SOON)


def test_a_claim_does_not_stop_the_clock_of_its_level(ledger: SqlLedger) -> None:
    park(ledger)
    claim(ledger, "ben", until=60)
    ledger.desks.climb(minutes(10), CHAIN)
    assert lies(ledger).holder(minutes(10)) is None
    assert approve(ledger, "tina", now=minutes(10)).state is ApprovalState.ANSWERED


def test_of_fifty_who_claim_at_once_one_has_it(ledger: SqlLedger) -> None:
    park(ledger)
    barrier = threading.Barrier(50)

    def one(number: int) -> str | None:
        barrier.wait()
        try:
            return claim(ledger, f"person {number}").desk.claimed_by
        except Conflict as conflict:
            assert "claimed by" in conflict.message
            return None

    with ThreadPoolExecutor(50) as threads:
        won = [name for name in threads.map(one, range(50)) if name]
    assert len(won) == 1
    assert lies(ledger).claimed_by == won[0]
    assert [event.type for event in ledger.events(0, 99)] == ["approval.asked", "approval.claimed"]


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["claim", "release", "escalate", "climb", "answer", "expire"]),
        st.sampled_from(["ben", "cy", "tina", "mona", "ann"]),
        st.integers(0, 40),
    ),
    max_size=14,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES, seed=st.integers(0, 10**9))
def test_whatever_comes_in_whatever_order_one_end_and_only_upward(
    ledger: SqlLedger, moves: list[tuple[str, str, int]], seed: int
) -> None:
    subject = f"T-{seed}-{len(ledger.approvals('default', limit=10_000))}"
    asked = park(ledger, subject)
    now, ends, level = NOON, 0, 0
    for verb, actor, passed in moves:
        now += timedelta(minutes=passed)
        before = ledger.find_approval("default", asked.id)
        assert before is not None
        holder = before.desk.holder(now)
        try:
            if verb == "claim":
                by = Hand(actor=actor)
                ledger.desks.claim("default", asked.id, by, now + timedelta(minutes=9), now)
            elif verb == "release":
                ledger.desks.release("default", asked.id, actor, now)
            elif verb == "escalate":
                up = UP.model_copy(update={"actor": actor})
                ledger.desks.escalate("default", asked.id, up, now, CHAIN)
            elif verb == "climb":
                ledger.desks.climb(now, CHAIN)
            elif verb == "expire":
                ends += any(one.id == asked.id for one in ledger.expire(now))
            else:
                given_now = ApprovalAnswer(decision=ApprovalVerb.REJECT, actor=actor)
                ledger.answer("default", asked.id, given_now, now)
                ends += 1
                assert holder in (None, actor)
                assert before.desk.open_to((actor,))
                assert actor != "ann"
        except (Conflict, Forbidden):
            pass
        after = ledger.find_approval("default", asked.id)
        assert after is not None
        assert level <= after.desk.level <= level + 1
        level = after.desk.level
        waits = after.state is ApprovalState.WAITING
        assert ends == (0 if waits else 1)
        if before.state is not ApprovalState.WAITING:
            assert after.desk.level == before.desk.level
