"""Who may act on an approval, as it stands under a lock on its row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from signalbox.domain.access import Forbidden
from signalbox.domain.approval import Approval
from signalbox.domain.delegation import Hand
from signalbox.domain.enums import ApprovalState, RiskClass
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.plain import name_problem, plain, same_name
from signalbox.ledger import approvals, delegations


def held(
    connection: Connection,
    tenant: str,
    approval_id: str,
    by: Hand,
    now: datetime,
    digest: str | None = None,
) -> Approval:
    """The approval, locked until the transaction ends, where it waits and is not one's own.

    Raises BadInput for a name that is none; NotFound; Conflict for who asked for it, for another
    ``digest`` than its own, and where it no longer waits.
    """
    asked = approvals.find(connection, tenant, approval_id, lock=True)
    if asked is None:
        raise NotFound(f"there is no approval {approval_id!r}")
    for field, name in (("actor", by.actor), ("on_behalf_of", by.on_behalf_of)):
        if name is not None and (reason := name_problem(name)):
            raise BadInput(f"the name of who answers {reason}", hint=f"send it as '{field}'")
    for name in by.persons:
        if asked.requester is not None and same_name(asked.requester, name):
            raise Conflict(
                f"{name!r} asked for this and may not also answer it (separation of duties)",
                hint="have somebody else answer",
            )
    other = digest is not None and digest != asked.digest
    if other or asked.state is not ApprovalState.WAITING or asked.expires_at <= now:
        raise _too_late(asked, other)
    return asked


def permit(
    connection: Connection,
    asked: Approval,
    by: Hand,
    option: str | None,
    risk: RiskClass | None,
    now: datetime,
) -> None:
    """Nothing, where ``by`` may speak about ``option`` (of class ``risk``) of what was ``held``.

    Raises Conflict while another has claimed it; Forbidden where the delegation does not reach so
    far, or its level is for other people.
    """
    desk = asked.desk
    holder = desk.holder(now)
    if holder is not None and plain(holder) != plain(by.actor):
        assert desk.claimed_until is not None
        raise Conflict(
            f"approval {asked.id!r} is claimed by {holder!r} until"
            f" {desk.claimed_until.isoformat()}",
            hint="answer when that is over, or have them release it",
        )
    if by.on_behalf_of is not None:
        options = tuple({one for one in (asked.draft.option, option) if one is not None})
        # What nobody has classed may be anything.
        classed = risk or asked.draft.trace.risk or RiskClass.TOP
        if not delegations.allowed(connection, asked.tenant, by, options, classed, now):
            raise Forbidden(
                f"{by.actor!r} may not answer this for {by.on_behalf_of!r}: no delegation that"
                " counts now covers it",
                hint="GET /v1/delegations lists those that count, with what they cover",
            )
    if not desk.open_to(by.persons):
        raise Forbidden(
            f"approval {asked.id!r} lies with {desk.name!r}: {by.signed!r} is not among"
            f" {', '.join(desk.people)}",
            hint="have one of them answer, or answer on behalf of one who has delegated it",
        )


def _too_late(found: Approval, other: bool) -> Conflict:
    if found.answer is not None and found.answered_at is not None:
        return Conflict(
            f"approval {found.id!r} was already answered: {found.answer.decision.value} by"
            f" {found.answer.by.signed!r} at {found.answered_at.isoformat()}",
            hint="the first answer counts; read the decision to see what came of it",
        )
    if found.state is ApprovalState.SETTLED:
        return Conflict(
            f"approval {found.id!r} is settled: decision {found.decision_id!r} was committed",
            hint="read the decision to see what came of it",
        )
    if found.state is ApprovalState.SUPERSEDED:
        return Conflict(
            f"approval {found.id!r} was superseded by a later decision about {found.subject!r}",
            hint="read the task to see what came of it",
        )
    if other:
        return Conflict(
            f"approval {found.id!r} is about another action than the digest given",
            hint="read the approval again and answer what it now shows",
        )
    return Conflict(
        f"approval {found.id!r} expired at {found.expires_at.isoformat()}",
        hint="for a new decision post it under a new id",
    )
