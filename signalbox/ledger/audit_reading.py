"""Decisions and their tasks, page by page, for whoever goes through all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_

from signalbox.domain.decision import Decision
from signalbox.domain.task import Task
from signalbox.ledger.decisions import as_decision
from signalbox.ledger.tables import decisions, tasks

PAGE = 500


def pairs(
    connection: Connection, since: datetime | None, limit: int | None
) -> Iterator[tuple[Decision, Task | None]]:
    """Decisions of all tenants with their tasks, oldest first; the newest ``limit`` of them."""
    order = (decisions.c.decided_at, decisions.c.tenant, decisions.c.id)
    place: tuple[Any, ...] | None = None
    if limit is not None:
        newest = select(*order).order_by(*(column.desc() for column in order))
        if (first := connection.execute(newest.offset(limit).limit(1)).first()) is not None:
            place = tuple(first)
    while True:
        query = select(decisions).order_by(*order).limit(PAGE)
        if since is not None:
            query = query.where(decisions.c.decided_at >= since)
        if place is not None:
            query = query.where(tuple_(*order) > place)
        page = [dict(row) for row in connection.execute(query).mappings()]
        if not page:
            return
        about: dict[tuple[str, str], Any] = {}
        for tenant in {row["tenant"] for row in page}:
            ids = {row["subject"] for row in page if row["tenant"] == tenant}
            of_page = select(tasks).where(tasks.c.tenant == tenant, tasks.c.id.in_(ids))
            about |= {(tenant, row["id"]): row for row in connection.execute(of_page).mappings()}
        for row in page:
            yield as_decision(row), _task(about.get((row["tenant"], row["subject"])))
        place = tuple(page[-1][column.name] for column in order)


def _task(row: Any) -> Task | None:
    if row is None:
        return None
    names = ("id", "tenant", "text", "attributes", "requester", "received_at")
    return Task(**{name: row[name] for name in names})
