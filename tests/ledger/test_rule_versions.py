from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import exc, insert

from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.rule_version import (
    RuleState,
    RuleVersion,
    ShadowCount,
    ShadowDifference,
    Standing,
)
from signalbox.ledger.rule_tables import rule_versions
from signalbox.ledger.store import SqlLedger
from tests.ledger.make import NOON, a_decision, a_task
from tests.ledger.test_processes import line, start

A, B, C = ("a" * 64, "ab" + "b" * 62, "c" * 64)


def a_version(digest: str = A, text: str = "name: desk") -> RuleVersion:
    return RuleVersion(
        kind="routing",
        digest=digest,
        name="desk",
        label="1",
        file="desk.yaml",
        files={"desk.yaml": text, "teams.csv": "a,b\n"},
        bindings={"fallback_team": "triage"},
        note="first",
        created_by="ann",
        created_at=NOON,
        changed_by="ann",
        changed_at=NOON,
    )


def activate(ledger: SqlLedger, digest: str, instead_of: str | None = None) -> RuleVersion:
    version = ledger.rule_versions.store(a_version(digest))
    return ledger.rule_versions.activate(
        version, instead_of=instead_of, by="bob", note="go", now=NOON + timedelta(hours=1)
    )


def test_a_version_comes_back_as_it_was_stored(ledger: SqlLedger) -> None:
    kept = ledger.rule_versions
    assert kept.store(a_version()) == a_version()
    assert kept.find("routing", A) == a_version()
    assert kept.find("routing", "aaa") == a_version()
    assert kept.standing("routing") == Standing()
    (event,) = ledger.events(0, 10)
    assert (event.type, event.subject) == ("rules.drafted", A)
    assert "files" not in event.data


def test_only_the_text_of_a_draft_is_replaced(ledger: SqlLedger) -> None:
    kept = ledger.rule_versions
    kept.store(a_version())
    assert kept.store(a_version(text="name: desk # more")).files["desk.yaml"].endswith("more")
    activate(ledger, A)
    assert kept.store(a_version(text="name: other")).files["desk.yaml"] != "name: other"
    assert kept.find("routing", A).files["desk.yaml"] != "name: other"


def test_a_digest_is_found_by_a_beginning_that_is_its_own(ledger: SqlLedger) -> None:
    kept = ledger.rule_versions
    kept.store(a_version(A))
    kept.store(a_version(B))
    assert kept.find("routing", "ab").digest == B
    with pytest.raises(BadInput, match="several"):
        kept.find("routing", "a")
    for unknown in ("d", "%", "_"):
        with pytest.raises(NotFound, match="history"):
            kept.find("routing", unknown)
    with pytest.raises(NotFound):
        kept.find("other", A)


def test_activating_retires_the_one_before_and_tells_of_both(ledger: SqlLedger) -> None:
    kept = ledger.rule_versions
    assert activate(ledger, A).replaced is None
    second = activate(ledger, B, instead_of=A)
    assert (second.state, second.replaced, second.changed_by) == (RuleState.ACTIVE, A, "bob")
    assert kept.standing("routing") == Standing(active=B)
    assert kept.find("routing", A).state is RuleState.RETIRED
    told = [(event.type, event.subject) for event in ledger.events(0, 10)]
    assert told[-2:] == [("rules.retired", A), ("rules.activated", B)]
    history = [(one.digest, one.was, one.state) for one in kept.changes("routing", 2)]
    assert history == [
        (B, RuleState.DRAFT, RuleState.ACTIVE),
        (A, RuleState.ACTIVE, RuleState.RETIRED),
    ]


def test_activating_twice_changes_nothing_more(ledger: SqlLedger) -> None:
    activate(ledger, A)
    before = ledger.events(0, 10)
    assert activate(ledger, A).state is RuleState.ACTIVE
    assert ledger.events(0, 10) == before


def test_whoever_looked_before_the_last_change_is_told_so(ledger: SqlLedger) -> None:
    activate(ledger, A)
    activate(ledger, B, instead_of=A)
    before = ledger.events(0, 10)
    with pytest.raises(Conflict, match="'bob'") as raised:
        activate(ledger, C, instead_of=A)
    assert "diff again" in raised.value.hint
    with pytest.raises(Conflict):
        ledger.rule_versions.retire("routing", instead_of=A, by="x", note="", now=NOON)
    assert ledger.rule_versions.standing("routing") == Standing(active=B)
    # Storing is no change of what is in force, and stays.
    assert len(ledger.events(0, 10)) == len(before) + 1


def test_retiring_leaves_none_active(ledger: SqlLedger) -> None:
    activate(ledger, A)
    gone = ledger.rule_versions.retire("routing", instead_of=A, by="x", note="off", now=NOON)
    assert gone.state is RuleState.RETIRED
    assert ledger.rule_versions.standing("routing") == Standing()
    with pytest.raises(Conflict, match="none is"):
        ledger.rule_versions.retire("routing", instead_of=A, by="x", note="off", now=NOON)


def test_one_shadow_at_a_time_and_never_the_active_version(ledger: SqlLedger) -> None:
    kept = ledger.rule_versions
    active = activate(ledger, A)
    second, third = kept.store(a_version(B)), kept.store(a_version(C))
    kept.shadow(second, by="eve", note="try", now=NOON)
    kept.shadow(third, by="eve", note="try", now=NOON)
    kept.shadow(third, by="eve", note="try", now=NOON)
    assert kept.standing("routing") == Standing(active=A, shadow=C)
    assert kept.find("routing", B).state is RuleState.DRAFT
    with pytest.raises(Conflict, match="active already"):
        kept.shadow(active, by="eve", note="", now=NOON)
    ended = kept.unshadow("routing", by="eve", note="enough", now=NOON)
    assert ended is not None
    assert ended.digest == C
    assert kept.unshadow("routing", by="eve", note="", now=NOON) is None
    told = [event.type for event in ledger.events(0, 20)]
    assert told[-4:] == [
        "rules.shadowed",
        "rules.unshadowed",
        "rules.shadowed",
        "rules.unshadowed",
    ]


def test_a_shadow_that_is_activated_is_no_shadow_any_more(ledger: SqlLedger) -> None:
    activate(ledger, A)
    second = ledger.rule_versions.store(a_version(B))
    ledger.rule_versions.shadow(second, by="eve", note="", now=NOON)
    activate(ledger, B, instead_of=A)
    assert ledger.rule_versions.standing("routing") == Standing(active=B)


@pytest.mark.parametrize("state", [RuleState.ACTIVE, RuleState.SHADOW])
def test_the_database_refuses_two_in_one_place(ledger: SqlLedger, state: RuleState) -> None:
    with pytest.raises(exc.IntegrityError), ledger._database.write() as connection:
        for digest in (A, B):
            row = a_version(digest).model_dump() | {"state": state.value}
            connection.execute(insert(rule_versions), row)


def test_two_processes_activate_and_one_is_told(
    ledger: SqlLedger, url: str, tmp_path: Path
) -> None:
    rounds, go = 10, tmp_path / "go"
    for digest in (A, B, C):
        ledger.rule_versions.store(a_version(digest))
    activate(ledger, A)
    racers = [start("activate", url, own, A, str(go), str(rounds)) for own in (B, C)]
    assert [line(racer) for racer in racers] == ["ready", "ready"]
    go.touch()
    heard = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert all(len(words) == rounds for words in heard)
    # Every change of what is active is one that somebody was told had succeeded, and each took
    # the place of the one before it.
    chain = ledger.rule_versions.changes("routing", 1000)[::-1]
    became = [one.digest for one in chain if one.state is RuleState.ACTIVE]
    retired = [one.digest for one in chain if one.state is RuleState.RETIRED]
    assert retired == became[:-1]
    assert len(became) - 1 == sum(words.count("won") for words in heard)
    assert ledger.rule_versions.standing("routing") == Standing(active=became[-1])
    told = [one.subject for one in ledger.events(0, 1000) if one.type == "rules.activated"]
    assert told == became


def test_counts_add_up_and_the_newest_differences_stay(ledger: SqlLedger) -> None:
    kept = ledger.rule_versions
    count = ShadowCount(
        kind="routing", active=A, shadow=B, compared=10, differing=2, guard=2, since=NOON, last=NOON
    )
    later = count.model_copy(update={"since": NOON, "last": NOON + timedelta(minutes=1)})

    def difference(number: int) -> ShadowDifference:
        return ShadowDifference(
            kind="routing",
            active=A,
            shadow=B,
            subject=f"T-{number}",
            aspects=("guard",),
            before={"guard": "allow"},
            after={"guard": "deny"},
            because=({"rule": "r", "set": "after"},),
            at=NOON,
        )

    kept.count_shadow(count, [difference(1), difference(2)], 3)
    kept.count_shadow(later, [difference(3), difference(4)], 3)
    (found,) = kept.shadow_counts("routing")
    assert (found.compared, found.differing, found.guard, found.forced) == (20, 4, 4, 0)
    assert (found.since, found.last) == (NOON, NOON + timedelta(minutes=1))
    newest = kept.differences("routing", 10)
    assert [one.subject for one in newest] == ["T-4", "T-3", "T-2"]
    assert newest[0].because == ({"rule": "r", "set": "after"},)


def test_facts_are_read_from_traces(ledger: SqlLedger) -> None:
    for number in range(4):
        subject = f"T-{number}"
        ledger.commit(a_task(subject), a_decision(subject, minutes=number))
    found = ledger.rule_versions.recorded("routing", NOON + timedelta(minutes=1), 2)
    assert [one.subject for one in found] == ["T-2", "T-3"]
    assert found[0].facts == {"amount": 1e-7, "vip": True, "none": None}
    assert found[0].offered == ("cards", "loans")
    assert ledger.rule_versions.recorded("other", None, 10) == []
