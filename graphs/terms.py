"""On what terms people approve."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from signalbox.domain.enums import RiskClass
from signalbox.domain.escalation import Chain


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an approval may wait (``life``) and be taken for fresh, and how many approve.

    ``approvers_top`` is the M of M-of-N: how many different people a top-class action takes.
    ``chain`` is what an approval climbs while nobody answers it.
    """

    life: timedelta = timedelta(days=7)
    fresh: timedelta = timedelta(hours=24)
    approvers_top: int = 2
    chain: Chain = field(default_factory=Chain)

    def needed(self, classes: set[RiskClass], *, anonymous: bool, edited: bool) -> int:
        """How many different people have to speak for an option of these risk classes.

        In the top class one more where nobody knows who asked (``anonymous``), since one of them
        may be that person; and one more for an option that a person put in place of the drafted one
        (``edited``), since whoever named it first is its requester.
        """
        if RiskClass.TOP not in classes:
            return 1
        return self.approvers_top + anonymous + edited
