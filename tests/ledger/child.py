"""What the tests of several processes run in each: ``python -m tests.ledger.child VERB URL …``."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.autonomy import AutonomyChange, Held, Switch
from signalbox.domain.base import utc_now
from signalbox.domain.enums import ApprovalVerb
from signalbox.domain.errors import Conflict
from signalbox.domain.limits import Checks, Take
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import NOON, a_decision, a_task, an_approval


def say(word: str | None) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def wait_for(start: str) -> None:
    while not Path(start).exists():
        time.sleep(0.001)


def race(ledger: SqlLedger, name: str, start: str, count: str) -> None:
    """Commit epoch 1 of ``count`` subjects with the option ``name``, and say what was kept."""
    say("ready")
    wait_for(start)
    for number in range(int(count)):
        subject = f"T-{number}"
        kept = ledger.commit(a_task(subject), a_decision(subject, option=name))
        say(kept.option)


def take(ledger: SqlLedger, name: str, start: str, count: str, capacity: str) -> None:
    """Commit ``count`` subjects at once, each taking a unit of one limit; say who got one."""
    checks = Checks(takes=(Take(name="all", told="a few", capacity=int(capacity), seconds=3600),))

    def one(number: int) -> str:
        subject = f"{name}-{number}"
        try:
            ledger.commit(a_task(subject), a_decision(subject), checks=checks)
        except Held:
            return "held"
        return "got"

    say("ready")
    wait_for(start)
    with ThreadPoolExecutor(int(count)) as pool:
        for word in pool.map(one, range(int(count))):
            say(word)


def pause(ledger: SqlLedger, switch: str, start: str = "") -> None:
    """Set the switch, say so, and then how many decisions were there when it was set."""
    order = AutonomyChange(switch=Switch(switch), actor="ann", reason="audit")
    if start:
        say("ready")
        wait_for(start)
    ledger.set_autonomy(order, utc_now())
    there = len(ledger.decisions("default", limit=100_000))
    say(switch)
    say(str(there))


def halt(ledger: SqlLedger, table: str) -> None:
    """Stop for good inside a commit, once ``table`` is written."""

    def wait(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            say("inside")
            time.sleep(60)

    event.listen(ledger._database.engine, "after_cursor_execute", wait)
    ledger.commit(a_task(), a_decision())


def stream(ledger: SqlLedger) -> None:
    """Commit without end, saying so after each."""
    for number in range(1_000_000):
        subject = f"S-{number}"
        ledger.commit(a_task(subject), a_decision(subject))
        say(subject)


def spend(ledger: SqlLedger, start: str, count: str, usd: str, limit: str, back: str) -> None:
    """Reserve ``usd`` from ``count`` threads at once; settle every one got at ``back``, if given.

    Says ``got`` or ``none`` for each.
    """
    say("ready")
    wait_for(start)

    def one(number: int) -> str:
        got = ledger.reserve("host", float(usd), float(limit), NOON)
        if got is not None and back:
            ledger.settle(got, float(back))
        return "none" if got is None else "got"

    with ThreadPoolExecutor(int(count)) as threads:
        for word in threads.map(one, range(int(count))):
            say(word)


def hold(ledger: SqlLedger, usd: str, limit: str) -> None:
    """Reserve, say so, and never settle."""
    say(ledger.reserve("host", float(usd), float(limit), NOON))
    time.sleep(60)


def vote(ledger: SqlLedger, name: str, start: str, count: str) -> None:
    """Approve the one approval as ``count`` people at once, and say what came of each."""
    say("ready")
    wait_for(start)

    def one(number: int) -> str:
        given = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor=f"{name} {number}")
        try:
            return ledger.answer("default", an_approval().id, given, NOON).state.value
        except Conflict:
            return "late"

    with ThreadPoolExecutor(int(count)) as threads:
        for word in threads.map(one, range(int(count))):
            say(word)


def answer(ledger: SqlLedger, start: str, count: str) -> None:
    """Approve every approval, always a moment before its time is up; say which ones counted."""
    say("ready")
    wait_for(start)
    given = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="ben")
    for number in range(int(count)):
        asked = an_approval(f"T-{number:02}", minutes=number)
        with contextlib.suppress(Conflict):
            ledger.answer("default", asked.id, given, asked.expires_at - timedelta(seconds=1))
            say(asked.subject)


def expire(ledger: SqlLedger, start: str, count: str) -> None:
    """Deny every approval, each as its time is up; say which ones were marked."""
    say("ready")
    wait_for(start)
    for number in range(int(count)):
        now = an_approval(f"T-{number:02}", minutes=number).expires_at
        for marked in ledger.expire(now):
            say(marked.subject)


def activate(ledger: SqlLedger, own: str, seen: str, start: str, count: str) -> None:
    """Put the version ``own`` in the place of what is active, ``count`` times, and say who won."""
    kept = ledger.rule_versions
    version = kept.find("routing", own)
    say("ready")
    while not Path(start).exists():
        time.sleep(0.001)
    for _ in range(int(count)):
        try:
            before = kept.activate(version, instead_of=seen, by=own[:1], note="", now=NOON)
            say("won" if before.replaced == seen and seen != own else "kept")
        except Conflict:
            say("lost")
        seen = kept.standing("routing").active or ""


if __name__ == "__main__":
    verb, url, *rest = sys.argv[1:]
    verbs: dict[str, Callable[..., None]] = {
        "race": race,
        "halt": halt,
        "stream": stream,
        "spend": spend,
        "hold": hold,
        "vote": vote,
        "answer": answer,
        "expire": expire,
        "take": take,
        "pause": pause,
        "activate": activate,
    }
    verbs[verb](open_ledger(url), *rest)
