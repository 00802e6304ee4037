"""The rows that a place in the chain is about, read for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from signalbox.domain.audit import ERASED
from signalbox.domain.enums import ApprovalState
from signalbox.domain.outcome import Event
from signalbox.ledger import outbox
from signalbox.ledger.tables import approval_votes, approvals, decisions, outcomes, tasks

AT_ONCE = 400
"""Ids in one query: databases bound the number of parameters."""
_SUPERSEDED = outbox.DECISION_SUPERSEDED

Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A place in the chain, or one to be: what it is about, and its event unless that is pruned."""

    tenant: str
    type: str
    ref: str
    salt: str | None
    event: Event | None


@dataclass(slots=True)
class About:
    """Who it is about, the rows (None where one is not there), which one should be, and when the
    texts of the task were erased."""

    subject: str
    rows: Any = None
    erased_at: str | None = None
    missing: str = ""


def rows_of(connection: Connection, spoken: Sequence[Spoken]) -> list[About]:
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

    def about(one: Spoken) -> About:
        key = (one.tenant, one.ref)
        if one.type == outbox.DECISION_COMMITTED:
            decision = decided.get(key)
            subject = one.event.subject if one.event else decision["subject"] if decision else ""
            task = known.get((one.tenant, subject))
            gone = f"decision {one.ref}" if decision is None else f"task {subject}"
            return About(
                subject,
                [decision, with_votes(asked.get(key)), _task(task)],
                task["erased_at"] if task else None,
                "" if decision and task else f"{gone} is gone",
            )
        if one.type == outbox.OUTCOME_RECORDED:
            gone = "" if key in turned_out else f"the outcome of {one.ref} is gone"
            return About(one.ref, [turned_out.get(key), superseded(one)], missing=gone)
        if one.type == _SUPERSEDED:
            return About(one.ref, superseded(one))
        if one.type == ERASED:
            task = known.get(key)
            return About(one.ref, [_task(task)], task["erased_at"] if task else None)
        return About(one.ref)

    return [about(one) for one in spoken]


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
                found.setdefault((tenant, row[column]), []).append(_plain(row))
    return found


def _plain(row: Mapping[Any, Any]) -> Row:
    """The row as it goes into a digest: no column holds a time any deeper."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
