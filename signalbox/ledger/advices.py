"""Advice rows: what a certified language model proposed, once per subject."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from signalbox.domain.erasure import blanked
from signalbox.domain.prediction import Proposal
from signalbox.ledger import tasks
from signalbox.ledger.tables import advices
from signalbox.ledger.upsert import insert_once

_OF = select(advices.c.proposal).where(
    advices.c.tenant == bindparam("tenant"), advices.c.subject == bindparam("subject")
)


def keep(connection: Connection, tenant: str, subject: str, advice: Proposal | None) -> None:
    """Keep what met a certificate, unless the subject has some: the first is what was promised."""
    if advice is not None and advice.promise is not None:
        if tasks.erased(connection, tenant, subject):
            advice = Proposal.model_validate(blanked(advice.model_dump()))
        row = {"tenant": tenant, "subject": subject, "proposal": advice.model_dump(mode="json")}
        insert_once(connection, advices, row)


def find(connection: Connection, tenant: str, subject: str) -> Proposal | None:
    """What was proposed about ``subject`` and met a certificate."""
    found = connection.scalar(_OF, {"tenant": tenant, "subject": subject})
    return None if found is None else Proposal.model_validate(found)
