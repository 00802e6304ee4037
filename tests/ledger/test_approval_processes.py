"""Answers from several processes at once, and answers against the clock."""

from __future__ import annotations

from pathlib import Path

from signalbox.domain.enums import ApprovalState
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import a_task, an_approval
from tests.ledger.test_processes import line, start


def test_an_answer_and_the_expiry_never_both_count(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    count, go = 60, tmp_path / "go"
    for number in range(count):
        subject = f"T-{number:02}"
        ledger.park(a_task(subject), an_approval(subject, minutes=number))
    racers = [start(verb, url, str(go), str(count)) for verb in ("answer", "expire")]
    assert [line(racer) for racer in racers] == ["ready", "ready"]
    go.touch()
    heard = [racer.communicate(timeout=60)[0].split() for racer in racers]
    answered, expired = (set(one) for one in heard)
    assert len(answered) + len(expired) == count
    assert not answered & expired
    kept = {one.subject: one for one in ledger.approvals("default", limit=count)}
    for subject in answered:
        assert kept[subject].state is ApprovalState.ANSWERED
        assert len(kept[subject].votes) == 1
    for subject in expired:
        assert kept[subject].state is ApprovalState.EXPIRED
        assert (kept[subject].answer, kept[subject].votes) == (None, ())


def test_votes_from_two_processes_are_counted_together(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    asked = an_approval().model_copy(update={"needed": 7})
    ledger.park(a_task(), asked)
    voters = [start("vote", url, name, str(go), "25") for name in ("east", "west")]
    assert [line(voter) for voter in voters] == ["ready", "ready"]
    go.touch()
    heard = [word for voter in voters for word in voter.communicate(timeout=60)[0].split()]
    assert (heard.count("answered"), heard.count("waiting")) == (1, 6)
    assert heard.count("late") == 43
    stored = ledger.find_approval("default", asked.id)
    assert stored is not None
    assert stored.state is ApprovalState.ANSWERED
    assert len(set(stored.voters("cards"))) == len(stored.votes) == 7
