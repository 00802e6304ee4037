"""Several people for one approval: who counts, for what, and who may not."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.errors import BadInput, Conflict
from signalbox.ledger.store import SqlLedger, open_ledger
from signalbox.ledger.tables import approvals
from tests.ledger.make import NOON, a_task, an_approval

SOON = NOON + timedelta(minutes=5)


def park(ledger: SqlLedger, needed: int, subject: str = "T-1") -> Approval:
    asked = an_approval(subject).model_copy(update={"needed": needed})
    return ledger.park(a_task(subject), asked)


def say(ledger: SqlLedger, asked: Approval, actor: str, verb: str = "approve", **more: Any) -> Any:
    needed = more.pop("needed", None)
    answer = ApprovalAnswer(decision=ApprovalVerb(verb), actor=actor, **more)
    return ledger.answer("default", asked.id, answer, SOON, needed=needed)


def found(ledger: SqlLedger, asked: Approval) -> Approval:
    stored = ledger.find_approval("default", asked.id)
    assert stored is not None
    return stored


def test_the_last_of_those_needed_answers_it(ledger: SqlLedger) -> None:
    asked = park(ledger, 3)
    first = say(ledger, asked, "ben")
    second = say(ledger, asked, "cy", digest=asked.digest)
    assert (first.state, second.state) == (ApprovalState.WAITING, ApprovalState.WAITING)
    assert second.voters("cards") == ("ben", "cy")
    told = [
        (event.type, event.data["votes"], event.data["needed"]) for event in ledger.events(1, 9)
    ]
    assert told == [("approval.voted", 1, 3), ("approval.voted", 2, 3)]
    last = say(ledger, asked, "di")
    assert last.state is ApprovalState.ANSWERED
    assert last.voters("cards") == ("ben", "cy", "di")
    assert last == found(ledger, asked)
    assert ledger.approvals("default", limit=5) == [last]
    assert ledger.unsettled_approval("default", "T-1") == last
    with pytest.raises(Conflict, match="approve by 'di'"):
        say(ledger, asked, "eve")


@pytest.mark.parametrize(
    "again",
    [
        "ben",
        "Ben",
        " BEN ",
        "\uff42\uff45\uff4e",
        "b\u00aden",
        "ben\u200d",
        "ben\ufe0f",
        "\u3164ben",
        "b\u0435n",
    ],
)
def test_one_person_counts_once_however_spelt(ledger: SqlLedger, again: str) -> None:
    asked = park(ledger, 2)
    say(ledger, asked, "ben")
    for verb, more in (("approve", {}), ("edit", {"option": "loans"})):
        with pytest.raises(Conflict, match="already voted"):
            say(ledger, asked, again, verb, **more)
    assert found(ledger, asked).voters("cards") == ("ben",)


@pytest.mark.parametrize("actor", ["Ann", "ann\u200b", " \uff41nn"])
def test_who_asked_has_no_vote(ledger: SqlLedger, actor: str) -> None:
    asked = park(ledger, 2)
    with pytest.raises(Conflict, match="separation of duties"):
        say(ledger, asked, actor)
    assert found(ledger, asked).votes == ()


@pytest.mark.parametrize("actor", [" ", "\u200b", "system:recheck", "System : expiry"])
def test_nobody_and_the_engine_itself_have_no_vote(ledger: SqlLedger, actor: str) -> None:
    asked = park(ledger, 1)
    with pytest.raises(BadInput, match="the name of who answers"):
        say(ledger, asked, actor)
    assert found(ledger, asked).votes == ()


@pytest.mark.parametrize("actor", ["cy", "ben"])
@pytest.mark.parametrize(("verb", "more"), [("reject", {}), ("respond", {"message": "call us"})])
def test_one_refusal_ends_it_also_by_who_has_voted(
    ledger: SqlLedger, actor: str, verb: str, more: dict[str, str]
) -> None:
    asked = park(ledger, 2)
    say(ledger, asked, "ben")
    ended = say(ledger, asked, actor, verb, **more)
    assert (ended.state, ended.answer.decision) == (ApprovalState.ANSWERED, verb)
    with pytest.raises(Conflict, match=verb):
        say(ledger, asked, "di")


def test_votes_for_different_options_do_not_add_up(ledger: SqlLedger) -> None:
    asked = park(ledger, 2)
    say(ledger, asked, "ben")
    other = say(ledger, asked, "cy", "edit", option="loans")
    assert other.state is ApprovalState.WAITING
    assert (other.voters("cards"), other.voters("loans")) == (("ben",), ("cy",))
    done = say(ledger, asked, "di", "edit", option="cards")
    assert done.state is ApprovalState.ANSWERED
    assert done.voters("cards") == ("ben", "di")


def test_an_edit_takes_as_many_as_is_told_and_never_fewer_than_the_draft(ledger: SqlLedger) -> None:
    asked = park(ledger, 1)
    assert say(ledger, asked, "ben", "edit", option="loans", needed=2).state == "waiting"
    assert say(ledger, asked, "cy", "edit", option="loans", needed=2).state == "answered"
    asked = park(ledger, 2, "T-2")
    assert say(ledger, asked, "ben", "edit", option="loans", needed=1).state == "waiting"


def test_a_vote_for_what_was_there_before_is_no_vote_for_what_is_there_now(
    ledger: SqlLedger,
) -> None:
    asked = park(ledger, 2)
    say(ledger, asked, "ben")
    with ledger._database.write() as connection:
        connection.execute(update(approvals).values(digest="f" * 64))
    after = say(ledger, asked, "cy")
    assert after.state is ApprovalState.WAITING
    assert after.voters("cards") == ("cy",)
    with pytest.raises(Conflict, match="another action"):
        say(ledger, asked, "di", digest=asked.digest)


def test_a_vote_too_late_is_not_kept(ledger: SqlLedger) -> None:
    asked = park(ledger, 2)
    late = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")
    with pytest.raises(Conflict, match="expired"):
        ledger.answer("default", asked.id, late, asked.expires_at)
    assert found(ledger, asked).votes == ()


@pytest.mark.parametrize("needed", [2, 5])
def test_of_fifty_at_once_exactly_those_needed_are_kept(ledger: SqlLedger, needed: int) -> None:
    asked = park(ledger, needed)
    barrier = threading.Barrier(50)

    def vote(number: int) -> str:
        barrier.wait()
        try:
            return str(say(ledger, asked, f"person {number}").state)
        except Conflict:
            return "too late"

    with ThreadPoolExecutor(50) as threads:
        heard = list(threads.map(vote, range(50)))
    stored = found(ledger, asked)
    assert heard.count("answered") == 1
    assert heard.count("waiting") == needed - 1
    assert heard.count("too late") == 50 - needed
    assert len(stored.votes) == len(set(stored.voters("cards"))) == needed
    assert stored.answer is not None
    assert stored.answer.actor == f"person {heard.index('answered')}"


def test_fifty_spellings_of_one_name_at_once_are_one_vote(ledger: SqlLedger) -> None:
    asked = park(ledger, 2)
    barrier = threading.Barrier(50)

    def vote(number: int) -> bool:
        barrier.wait()
        try:
            say(ledger, asked, f"{' ' * number}b{'eE'[number % 2]}n{chr(0x200B) * number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(vote, range(50))) == 1
    assert len(found(ledger, asked).votes) == 1


@pytest.fixture(scope="module")
def in_memory() -> Iterator[SqlLedger]:
    opened = open_ledger("sqlite://")
    yield opened
    opened.close()


people = st.sampled_from(["ann", "Ann\u200b", "ben", "BEN", "cy", "\uff43y", "di", "eve"])
said = st.tuples(
    people,
    st.sampled_from(["approve", "approve", "edit cards", "edit loans", "reject"]),
    st.sampled_from([None, None, "right", "wrong"]),
)


@given(st.integers(1, 4), st.lists(said, max_size=12))
def test_whatever_is_said_in_whatever_order_a_plain_count_agrees(
    in_memory: SqlLedger, needed: int, heard: list[tuple[str, str, str | None]]
) -> None:
    asked = park(in_memory, needed, f"T-{uuid.uuid4().hex}")
    spelt: Callable[[str], str] = lambda name: {  # noqa: E731
        "Ann\u200b": "ann", "BEN": "ben", "\uff43y": "cy"
    }.get(name, name)  # fmt: skip
    votes: dict[str, str] = {}
    answered = ""
    for actor, words, digest in heard:
        verb, _, option = words.partition(" ")
        who, goes_for = spelt(actor), option or "cards"
        allowed = who != "ann" and not answered and digest != "wrong"
        if verb != "reject":
            allowed = allowed and who not in votes
        if allowed and verb == "reject":
            answered = "reject"
        elif allowed:
            votes[who] = goes_for
            if list(votes.values()).count(goes_for) == needed:
                answered = goes_for
        given = {"right": asked.digest, "wrong": "0" * 64}.get(digest or "")
        try:
            say(in_memory, asked, actor, verb, option=option or None, digest=given)
        except Conflict:
            assert not allowed
        else:
            assert allowed
    stored = found(in_memory, asked)
    assert (stored.state is ApprovalState.ANSWERED) == bool(answered)
    assert len(stored.votes) == len(votes)
    if answered and answered != "reject":
        assert stored.answer is not None
        assert stored.chosen(stored.answer) == answered
        assert len(stored.voters(answered)) == needed
