"""What the ledger says afterwards, held against what every client was told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, text

from evals.benchmarks.chaos.load import Sent
from evals.benchmarks.chaos.people import Race

SETTLE_S = 40.0
_OPEN = (
    "SELECT (SELECT count(*) FROM tasks WHERE state = 'received')"
    " + (SELECT count(*) FROM approvals WHERE state IN ('answered', 'expired'))"
)


@dataclass(frozen=True, slots=True)
class Books:
    """Rows of the ledger, by the id of the task or of the approval."""

    tasks: dict[str, str]
    decisions: dict[str, list[dict[str, Any]]]
    approvals: dict[str, dict[str, Any]]
    committed: Counter[str]
    since: dict[str, float]


def until_settled(db: str, alive: Callable[[], bool]) -> int:
    """Wait until nothing is owed any more, at most ``SETTLE_S``. What is owed then."""
    engine = create_engine(db)
    ends = time.monotonic() + SETTLE_S
    try:
        while True:
            with engine.connect() as connection:
                owed = int(connection.scalar(text(_OPEN)) or 0)
            if not owed or time.monotonic() > ends or not alive():
                return owed
            time.sleep(0.5)
    finally:
        engine.dispose()


def read(db: str) -> Books:
    """Everything that counts, read once."""
    from signalbox.ledger.store import open_ledger

    ledger = open_ledger(db)
    try:
        with ledger._database.read() as connection:
            return _read(connection)
    finally:
        ledger.close()


def _read(connection: Connection) -> Books:
    from sqlalchemy import select

    from signalbox.ledger.tables import approvals, decisions, outbox, tasks

    found: dict[str, list[dict[str, Any]]] = {}
    since: dict[str, float] = {}
    rows = connection.execute(select(decisions).order_by(decisions.c.epoch)).mappings()
    for row in rows:
        found.setdefault(row["subject"], []).append(dict(row))
        since.setdefault(row["subject"], row["decided_at"].timestamp())
    waiting = {row["id"]: dict(row) for row in connection.execute(select(approvals)).mappings()}
    for one in waiting.values():
        since[one["subject"]] = one["created_at"].timestamp()
    events = connection.execute(select(outbox.c.data).where(outbox.c.type == "decision.committed"))
    return Books(
        tasks={row.id: row.state for row in connection.execute(select(tasks.c.id, tasks.c.state))},
        decisions=found,
        approvals=waiting,
        committed=Counter(str(row.data["id"]) for row in events),
        since=since,
    )


def lost(books: Books, sent: Sequence[Sent]) -> list[str]:
    """Tasks a client was told are accepted, of which nothing, or nothing further, came."""
    accepted = {one.id for one in sent if any(a.status in (200, 202) for a in one.answers)}
    gone = sorted(one for one in accepted if one not in books.tasks)
    stuck = sorted(one for one in accepted if books.tasks.get(one) == "received")
    unheard = sorted(
        one["subject"]
        for one in books.approvals.values()
        if one["state"] in ("answered", "expired")
    )
    return [*gone, *stuck, *unheard]


def decided_twice(books: Books, sent: Sequence[Sent]) -> list[str]:
    """Decisions made or told more than once: two rows or two events for one (subject, epoch), or a
    client was told another team than the one that was committed under the same decision."""
    wrong = [id for id, count in books.committed.items() if count > 1]
    for subject, rows in books.decisions.items():
        epochs = Counter((row["kind"], row["epoch"]) for row in rows)
        wrong += [subject for count in epochs.values() if count > 1]
    by_id = {row["id"]: row for rows in books.decisions.values() for row in rows}
    for one in sent:
        for answer in one.answers:
            told = answer.body.get("decision_id")
            if answer.status != 200 or told is None or answer.body.get("team") is None:
                continue
            row = by_id.get(told)
            if row is None or row["option"] != answer.body["team"]:
                wrong.append(one.id)
    return sorted(set(wrong))


def overwritten(books: Books, races: Sequence[Race]) -> list[str]:
    """Approvals where somebody was told that the answer counts, and another one was carried out."""
    by_id = {row["id"]: row for rows in books.decisions.values() for row in rows}
    wrong = []
    for race in races:
        counted = [actor for actor, asked in race.asked.items() if asked.status == 200]
        row = books.approvals.get(race.approval)
        if len(counted) > 1 or row is None:
            wrong.append(race.approval)
            continue
        stored = row["answer"] or {}
        decision = by_id.get(row["decision_id"])
        for actor in counted:
            said = race.said[actor]
            # An answer may be carried out as a refusal (a rule has changed); it is still the one.
            refused = decision is not None and str(decision["actor"]).startswith("system:")
            option = said.get("team") or (row["draft"]["option"] if said["decision"] == "approve"
                                          else None)  # fmt: skip
            kept = stored.get("actor") == actor and stored.get("decision") == said["decision"]
            done = decision is not None and (refused or decision["option"] == option)
            if not (kept and done):
                wrong.append(race.approval)
    return wrong
