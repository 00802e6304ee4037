"""Outcome rows: what turned out right, once per subject."""

from __future__ import annotations

from sqlalchemy import Connection, Row, select

from signalbox.domain.decision import Decision
from signalbox.domain.erasure import ERASED_TEXT
from signalbox.domain.errors import Conflict
from signalbox.domain.outcome import Outcome
from signalbox.domain.plain import same_name
from signalbox.domain.task import Task
from signalbox.ledger.decisions import OWN, as_decision
from signalbox.ledger.tables import advices, decisions, outcomes
from signalbox.ledger.upsert import insert_once


def store(connection: Connection, outcome: Outcome) -> tuple[Outcome, bool]:
    """Insert ``outcome`` unless its subject has one; (stored, whether it was new).

    Raises Conflict when the stored one names another option.
    """
    row = {
        "tenant": outcome.tenant,
        "subject": outcome.subject,
        "option": outcome.option,
        "reporter": outcome.reporter,
        "recorded_at": outcome.recorded_at,
    }
    if insert_once(connection, outcomes, row):
        return outcome, True
    stored = find(connection, outcome.tenant, outcome.subject)
    assert stored is not None, "outcomes are never deleted"
    if stored.option != outcome.option:
        raise Conflict(
            f"the outcome of {outcome.subject!r} is already recorded as {stored.option!r}",
            hint="an outcome is recorded once; check which of the two is right",
        )
    return stored, False


def check_reporter(task: Task, outcome: Outcome) -> None:
    """Conflict when the reporter is whoever asked for ``task``, or nobody can tell any more."""
    asked_by = task.requester
    if asked_by == ERASED_TEXT:
        raise Conflict(
            f"who asked for {task.id!r} was erased: nobody can tell that somebody else reports",
            hint="nothing needs to be done: the engine learns nothing from it any more",
        )
    if asked_by and outcome.reporter and same_name(asked_by, outcome.reporter):
        raise Conflict(
            f"{outcome.reporter!r} asked for this and may not also say what was right"
            " (separation of duties)",
            hint="have whoever did the work report it",
        )


def find(connection: Connection, tenant: str, subject: str) -> Outcome | None:
    """The outcome recorded about ``subject``."""
    mine = (outcomes.c.tenant == tenant, outcomes.c.subject == subject)
    row = connection.execute(select(outcomes).where(*mine)).first()
    return None if row is None else _outcome(row)


def newest(
    connection: Connection, tenant: str | None, limit: int, *, promised: bool = False
) -> list[tuple[Decision, Outcome]]:
    """The newest ``limit`` outcomes with the latest decision about each, oldest first.

    An outcome nothing was decided about is left out; with ``promised`` also one of a subject about
    which no proposal met a certificate.
    """
    same = (
        decisions.c.tenant == outcomes.c.tenant,
        decisions.c.subject == outcomes.c.subject,
        OWN,
    )
    latest = (
        select(decisions.c.id)
        .where(*same)
        .order_by(decisions.c.epoch.desc(), decisions.c.decided_at.desc())
        .limit(1)
        .correlate(outcomes)
        .scalar_subquery()
    )
    mine = (column.label(f"outcome_{column.name}") for column in outcomes.c)
    query = (
        select(decisions, *mine)
        .join(outcomes, (decisions.c.id == latest) & same[0])
        .order_by(outcomes.c.recorded_at.desc(), outcomes.c.tenant, outcomes.c.subject.desc())
        .limit(limit)
    )
    if promised:
        theirs = (advices.c.tenant == outcomes.c.tenant, advices.c.subject == outcomes.c.subject)
        query = query.join(advices, theirs[0] & theirs[1])
    if tenant is not None:
        query = query.where(outcomes.c.tenant == tenant)
    pairs = [
        (
            as_decision(row),
            Outcome(**{column.name: row[f"outcome_{column.name}"] for column in outcomes.c}),
        )
        for row in connection.execute(query).mappings()
    ]
    return pairs[::-1]


def _outcome(row: Row[tuple[object, ...]]) -> Outcome:
    return Outcome.model_validate(dict(row._mapping))
