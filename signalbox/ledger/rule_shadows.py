"""What versions in shadow would have changed: counts of every pair, and the last differences."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from signalbox.domain.rule_version import ShadowCount, ShadowDifference
from signalbox.ledger.rule_tables import COUNTED, rule_differences, rule_shadows
from signalbox.ledger.upsert import insert_once


def add(connection: Connection, count: ShadowCount) -> None:
    """Add to the counts of the pair; several processes may do so at once."""
    if insert_once(connection, rule_shadows, count.model_dump()):
        return
    pair = rule_shadows.c
    connection.execute(
        update(rule_shadows)
        .where(pair.kind == count.kind, pair.active == count.active, pair.shadow == count.shadow)
        .values(
            {name: pair[name] + getattr(count, name) for name in COUNTED} | {"last": count.last}
        )
    )


def keep(connection: Connection, differences: Sequence[ShadowDifference], most: int) -> None:
    """Append ``differences`` and let go of all but the newest ``most`` of their kind."""
    if not differences:
        return
    rows = [one.model_dump(mode="python", exclude={"id"}) for one in differences]
    connection.execute(insert(rule_differences), rows)
    for kind in {one.kind for one in differences}:
        newest = (
            select(rule_differences.c.id)
            .where(rule_differences.c.kind == kind)
            .order_by(rule_differences.c.id.desc())
            .offset(most)
            .limit(1)
        )
        last = connection.scalar(newest)
        if last is not None:
            old = (rule_differences.c.kind == kind, rule_differences.c.id <= last)
            connection.execute(delete(rule_differences).where(*old))


def counts(connection: Connection, kind: str) -> list[ShadowCount]:
    """The pair last seen first."""
    query = (
        select(rule_shadows)
        .where(rule_shadows.c.kind == kind)
        .order_by(rule_shadows.c.last.desc(), rule_shadows.c.shadow)
    )
    return [ShadowCount.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def differences(connection: Connection, kind: str, limit: int) -> list[ShadowDifference]:
    """Newest first."""
    query = (
        select(rule_differences)
        .where(rule_differences.c.kind == kind)
        .order_by(rule_differences.c.id.desc())
        .limit(limit)
    )
    return [
        ShadowDifference.model_validate(dict(row._mapping)) for row in connection.execute(query)
    ]
