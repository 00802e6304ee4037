"""What an event stands for: the rows it was written with, as digests.

Only rows that are final are covered: decisions, outcomes, approvals that are settled or superseded,
with their votes, and of tasks all but their state. Each digest comes twice: without the texts, which
an erasure may take away, and with them and a salt, so that nobody guesses an erased text from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from signalbox.domain.audit import ERASED, PRUNED
from signalbox.domain.base import digest_of
from signalbox.domain.enums import ApprovalState
from signalbox.domain.erasure import blanked
from signalbox.domain.outcome import Event
from signalbox.ledger import outbox
from signalbox.ledger.tables import approval_votes, approvals, decisions, outcomes, tasks

AT_ONCE = 400
"""Ids in one query: databases bound the number of parameters."""
FOR_GOOD = frozenset({ERASED, PRUNED})
"""Events whose words are kept for good: they say what was done to all others."""

Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A place in the chain, or one to be: what it is about, and its event unless that was pruned."""

    tenant: str
    type: str
    ref: str
    salt: str | None
    event: Event | None


@dataclass(frozen=True, slots=True)
class Content:
    """Digests of an event (None where it is gone) and of its rows, without texts and with them.

    ``blank`` says that no text is left in any of them, ``missing`` which row is gone altogether.
    """

    subject: str
    event: str | None
    said: str | None
    rows: str
    texts: str
    blank: bool
    missing: str


def whole(event: str, said: str, rows: str, texts: str) -> str:
    """The one digest of all four that the chain is made of."""
    return digest_of([event, said, rows, texts])


def contents(connection: Connection, spoken: Sequence[Spoken]) -> list[Content]:
    """For each the digests of what it is about as that is now."""
    return [
        _content(one, rows) for one, rows in zip(spoken, _rows(connection, spoken), strict=True)
    ]


def _content(one: Spoken, about: _About) -> Content:
    event, data = one.event, None if one.event is None else one.event.data
    kept = one.type in FOR_GOOD
    head = None
    if event is not None:
        head = [event.id, event.tenant, event.type, event.subject, event.created_at.isoformat()]
        head.append(data if kept else blanked(data))
    rows = _plain(about.rows)
    bare = rows if kept else blanked(rows)
    return Content(
        subject=about.subject,
        event=None if head is None else digest_of(head),
        said=None if data is None else digest_of([one.salt, data]),
        rows=digest_of(bare),
        texts=digest_of([one.salt, rows, about.erased_at]),
        blank=bare == rows and (data is None or blanked(data) == data),
        missing=about.missing,
    )


@dataclass(slots=True)
class _About:
    subject: str
    rows: Any = None
    erased_at: str | None = None
    missing: str = ""


def _rows(connection: Connection, spoken: Sequence[Spoken]) -> list[_About]:
    """The rows of each, read for all at once."""

    def of(kind: str) -> list[Spoken]:
        return [one for one in spoken if one.type == kind]

    committed, recorded = of(outbox.DECISION_COMMITTED), of(outbox.OUTCOME_RECORDED)
    ids = {(one.tenant, one.ref) for one in committed}
    decided = _one(connection, decisions, "id", ids)
    asked = _one(connection, approvals, "decision_id", ids)
    told = {(one.tenant, one.ref) for one in recorded}
    turned_out = _one(connection, outcomes, "subject", told)
    replaced = _many(
        connection, approvals, "subject", told | {(one.tenant, one.ref) for one in of(_SUPERSEDED)}
    )
    closed = [row for rows in replaced.values() for row in rows]
    cast = {(row["tenant"], row["id"]) for row in [*asked.values(), *closed]}
    votes = _many(connection, approval_votes, "approval", cast)
    known = _one(
        connection,
        tasks,
        "id",
        {(row["tenant"], row["subject"]) for row in decided.values()}
        | {(one.tenant, one.event.subject) for one in committed if one.event}
        | {(one.tenant, one.ref) for one in of(ERASED)},
    )

    def with_votes(row: Row | None) -> Row | None:
        if row is None:
            return None
        found = votes.get((row["tenant"], row["id"]), [])
        return row | {"votes": sorted(found, key=lambda vote: str(vote["voter"]))}

    def superseded(one: Spoken) -> list[Row | None]:
        rows = replaced.get((one.tenant, one.ref), [])
        rows = [row for row in rows if row["state"] == ApprovalState.SUPERSEDED.value]
        if one.type == _SUPERSEDED:
            named: Any = one.event.data.get("approvals", ()) if one.event else ()
            rows = [row for row in rows if row["id"] in named]
        return [with_votes(row) for row in sorted(rows, key=lambda row: str(row["id"]))]

    def about(one: Spoken) -> _About:
        key = (one.tenant, one.ref)
        if one.type == outbox.DECISION_COMMITTED:
            decision = decided.get(key)
            subject = one.event.subject if one.event else decision["subject"] if decision else ""
            task = known.get((one.tenant, subject))
            gone = f"decision {one.ref}" if decision is None else f"task {subject}"
            return _About(
                subject,
                [decision, with_votes(asked.get(key)), _task(task)],
                _iso(task["erased_at"]) if task else None,
                "" if decision and task else f"{gone} is gone",
            )
        if one.type == outbox.OUTCOME_RECORDED:
            gone = "" if key in turned_out else f"the outcome of {one.ref} is gone"
            return _About(one.ref, [turned_out.get(key), superseded(one)], missing=gone)
        if one.type == _SUPERSEDED:
            return _About(one.ref, superseded(one))
        if one.type == ERASED:
            task = known.get(key)
            return _About(one.ref, [_task(task)], _iso(task["erased_at"]) if task else None)
        return _About(one.ref)

    return [about(one) for one in spoken]


_SUPERSEDED = outbox.DECISION_SUPERSEDED


def _task(row: Row | None) -> Row | None:
    """All but the state, which moves on, and the time of its erasure, which is told beside it."""
    if row is None:
        return None
    return {name: value for name, value in row.items() if name not in ("state", "erased_at")}


def _one(connection: Connection, table: Table, column: str, keys: Iterable[Key]) -> dict[Key, Row]:
    return {key: rows[0] for key, rows in _many(connection, table, column, keys).items()}


def _many(
    connection: Connection, table: Table, column: str, keys: Iterable[Key]
) -> dict[Key, list[Row]]:
    """Rows by (tenant, ``column``). By tenant, since the indexes begin with it."""
    wanted: dict[str, list[str]] = {}
    for tenant, value in sorted(set(keys)):
        wanted.setdefault(tenant, []).append(value)
    found: dict[Key, list[Row]] = {}
    for tenant, values in wanted.items():
        for start in range(0, len(values), AT_ONCE):
            query = select(table).where(
                table.c.tenant == tenant, table.c[column].in_(values[start : start + AT_ONCE])
            )
            for row in connection.execute(query).mappings():
                found.setdefault((tenant, row[column]), []).append(dict(row))
    return found


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _plain(content: Any) -> Any:
    if isinstance(content, datetime):
        return content.isoformat()
    if isinstance(content, Mapping):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return content
