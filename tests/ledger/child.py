"""What the tests of several processes run in each: ``python -m tests.ledger.child VERB URL …``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import event

from signalbox.domain.errors import Conflict
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import NOON, a_decision, a_task


def say(word: str | None) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def race(ledger: SqlLedger, name: str, start: str, count: str) -> None:
    """Commit epoch 1 of ``count`` subjects with the option ``name``, and say what was kept."""
    say("ready")
    while not Path(start).exists():
        time.sleep(0.001)
    for number in range(int(count)):
        subject = f"T-{number}"
        kept = ledger.commit(a_task(subject), a_decision(subject, option=name))
        say(kept.option)


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
    while not Path(start).exists():
        time.sleep(0.001)

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
        "activate": activate,
    }
    verbs[verb](open_ledger(url), *rest)
