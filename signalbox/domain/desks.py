"""Port: approvals that are claimed, and that climb their chain."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.delegation import Hand
from signalbox.domain.escalation import Chain


class Desks(Protocol):
    """What happens to an approval that decides nothing. Every method is one transaction."""

    def claim(
        self, tenant: str, approval_id: str, by: Hand, until: datetime, now: datetime
    ) -> Approval:
        """Reserve it until ``until``; one's own claim is thereby extended.

        NotFound; Forbidden for who may not answer it; Conflict where another has it or it no longer
        waits.
        """
        ...

    def release(self, tenant: str, approval_id: str, actor: str, now: datetime) -> Approval:
        """Give a claim of one's own back; nothing happens where nobody has one.

        NotFound; Conflict where it is another's.
        """
        ...

    def escalate(
        self, tenant: str, approval_id: str, given: ApprovalAnswer, now: datetime, chain: Chain
    ) -> Approval:
        """Move it one level up, with its event; a claim ends. Nothing is decided.

        NotFound; Forbidden for who may not answer it; Conflict at the end of the chain, where
        another has claimed it, or it no longer waits.
        """
        ...

    def climb(self, now: datetime, chain: Chain) -> list[Approval]:
        """Move up, by one level, what has had its time at its own; each to one caller only."""
        ...
