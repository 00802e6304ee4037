"""What an event stands for: the rows it was written with, as one digest.

Only rows that are final are covered: decisions, outcomes, settled approvals with their votes, and
of tasks all but their state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from signalbox.domain.base import digest_of
from signalbox.domain.outcome import Event
from signalbox.domain.task import Task
from signalbox.ledger import outbox
from signalbox.ledger.tables import approval_votes, approvals, decisions, outcomes, tasks

AT_ONCE = 400
"""Ids in one query: databases bound the number of parameters."""

Rows = Mapping[tuple[str, str], Mapping[str, Any]]


def digests(connection: Connection, events: Sequence[Event]) -> list[str]:
    """For each event the digest of it and of its rows as they are now."""
    ids = [str(one.data.get("id")) for one in events if one.type == outbox.DECISION_COMMITTED]
    decided = _by(connection, decisions, "id", ids)
    asked = _by(connection, approvals, "decision_id", ids)
    votes: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in _rows(connection, approval_votes, "approval", [row["id"] for row in asked.values()]):
        votes.setdefault((row["tenant"], row["approval"]), []).append(row)
    subjects = [one.subject for one in events if one.type == outbox.DECISION_COMMITTED]
    known = _by(connection, tasks, "id", subjects)
    told = [one.subject for one in events if one.type == outbox.OUTCOME_RECORDED]
    turned_out = _by(connection, outcomes, "subject", told)
    found = []
    for event in events:
        rows: list[Any] = []
        if event.type == outbox.DECISION_COMMITTED:
            id = str(event.data.get("id"))
            approval = asked.get((event.tenant, id))
            cast = votes.get((event.tenant, approval["id"]), []) if approval else []
            cast = sorted(cast, key=lambda row: str(row["voter"]))
            rows = [
                decided.get((event.tenant, id)),
                approval,
                cast,
                _task(known.get((event.tenant, event.subject))),
            ]
        elif event.type == outbox.OUTCOME_RECORDED:
            rows = [turned_out.get((event.tenant, event.subject))]
        found.append(digest_of(_plain([event.model_dump(), rows])))
    return found


def missing(connection: Connection, event: Event) -> str:
    """Which row of an event is gone altogether; "" where all are there."""
    if event.type == outbox.DECISION_COMMITTED:
        if not _by(connection, decisions, "id", [str(event.data.get("id"))]):
            return f"decision {event.data.get('id')} is gone"
        if not _by(connection, tasks, "id", [event.subject]):
            return f"task {event.subject} is gone"
    if event.type == outbox.OUTCOME_RECORDED and not _by(
        connection, outcomes, "subject", [event.subject]
    ):
        return f"the outcome of {event.subject} is gone"
    return ""


def _task(row: Mapping[str, Any] | None) -> list[Any] | None:
    """All but the state, which moves on. The content by its digest, taken anew."""
    if row is None:
        return None
    names = ("tenant", "id", "text", "attributes", "requester", "received_at")
    try:
        again = Task.model_validate({name: row[name] for name in names}).content_digest
    except ValueError as error:
        again = f"unreadable: {error}"
    return [row["content_digest"], again, row["requester"], row["received_at"]]


def _by(connection: Connection, table: Table, column: str, ids: Iterable[str]) -> Rows:
    return {
        (row["tenant"], row[column]): row for row in _rows(connection, table, column, list(ids))
    }


def _rows(
    connection: Connection, table: Table, column: str, ids: Sequence[str]
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(ids), AT_ONCE):
        query = select(table).where(table.c[column].in_(ids[start : start + AT_ONCE]))
        found += [dict(row) for row in connection.execute(query).mappings()]
    return found


def _plain(content: Any) -> Any:
    if isinstance(content, datetime):
        return content.isoformat()
    if isinstance(content, Mapping):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return content
