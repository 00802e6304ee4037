"""Limit rows: one conditional update decides whether there is a unit left, and takes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, case, func, select, update

from signalbox.domain.autonomy import Held
from signalbox.domain.base import MAX_NAME
from signalbox.domain.decision import Decision
from signalbox.domain.limits import Checks, Draw, Take
from signalbox.ledger import budgets
from signalbox.ledger.tables import decisions, limits
from signalbox.ledger.upsert import insert_once

LIMIT, LOOP = "limit", "loop"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A limit is full at some moment; each unit puts that moment off by a step, and there is none left
# when it would lie further ahead than all units take to come back. Test and change are one
# statement, so that of two who want the last unit one gets it.
_FROM = case((limits.c.full_at_us > bindparam("now"), limits.c.full_at_us), else_=bindparam("now"))
_TAKE = (
    update(limits)
    .where(
        limits.c.name == bindparam("of_name"),
        _FROM + bindparam("step") <= bindparam("now") + bindparam("burst"),
    )
    .values(full_at_us=_FROM + bindparam("step"))
    .returning(limits.c.name)
)
_FULL_AT = select(limits.c.full_at_us).where(limits.c.name == bindparam("of_name"))
_DECIDED = select(func.count()).where(
    decisions.c.tenant == bindparam("tenant"),
    decisions.c.subject == bindparam("subject"),
    decisions.c.kind == bindparam("kind"),
    decisions.c.decided_at > bindparam("since"),
)


def check(connection: Connection, decision: Decision, checks: Checks) -> None:
    """Take what ``decision`` takes, or raise Held: the caller's transaction then leaves nothing."""
    now = decision.decided_at
    loop = checks.loop
    # Of a first epoch there is nothing to count.
    if loop is not None and decision.epoch > loop.most:
        before = connection.scalar(
            _DECIDED,
            {
                "tenant": decision.tenant,
                "subject": decision.subject,
                "kind": decision.kind.value,
                "since": now - loop.within,
            },
        )
        before = (before or 1) - 1  # Without the one that is being committed.
        if before >= loop.most:
            often = "once" if before == 1 else f"{before} times"
            raise Held(
                LOOP,
                f"{decision.subject} was decided {often} within {loop.within}",
                hint="look at what keeps re-opening it; a person decides this one",
            )
    # In one order for all, so that no two wait for each other.
    for draw in sorted(checks.draws, key=lambda one: one.account):
        _draw(connection, decision, draw)
    for one in checks.takes:
        wait = take(connection, one, now)
        if wait is not None:
            raise Held(
                LIMIT,
                f"the limit of {one.told} is used up; the next is free in {wait}",
                hint="a person decides in the meantime; see SIGNALBOX_LIMITS__…",
            )


def _draw(connection: Connection, decision: Decision, draw: Draw) -> None:
    # Accounts of effects and of language models lie in one table and never meet.
    account = f"effect:{decision.tenant}:{draw.account}"[:MAX_NAME]
    if not budgets.reserve(connection, account, draw.amount, draw.limit, decision.decided_at):
        raise Held(
            LIMIT,
            f"{draw.amount:g} more would go beyond the day's limit of {draw.limit:g} on"
            f" '{draw.account}'",
            hint="a person may release it",
        )


def take(connection: Connection, one: Take, now: datetime) -> timedelta | None:
    """Take a unit; None when there was one, else how long until the next comes back."""
    now_us = (now - _EPOCH) // timedelta(microseconds=1)
    values = {"of_name": one.name, "now": now_us, "step": one.step_us, "burst": one.burst_us}
    if connection.execute(_TAKE, values).first() is not None:
        return None
    # Perhaps it was never taken from. Whoever begins it, the second look counts.
    if insert_once(connection, limits, {"name": one.name, "full_at_us": 0}):
        connection.execute(_TAKE, values)
        return None
    if connection.execute(_TAKE, values).first() is not None:
        return None
    full_at = connection.scalar(_FULL_AT, {"of_name": one.name}) or now_us
    lacking = full_at + one.step_us - now_us - one.burst_us
    return timedelta(seconds=-(-max(lacking, 0) // 1_000_000))
