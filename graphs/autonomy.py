"""How far one kind of decision may go at present: settings, classes of risk, operators' orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from graphs.lanes import Lane
from guardrails.autonomy import AutonomyPolicy
from signalbox.domain.autonomy import AutonomyChange, StoredAutonomy, Switch
from signalbox.domain.enums import AutonomyLevel, Kind, RiskClass
from signalbox.domain.ports import Ledger


class Autonomy:
    """What is in force, looked up again every so often, and the way to change it.

    A look that is a second old only decides who is asked; what may take effect is read again in
    the transaction that commits it.
    """

    def __init__(
        self,
        policy: AutonomyPolicy,
        ledger: Ledger,
        reads: Lane,
        writes: Lane,
        clock: Callable[[], datetime],
    ) -> None:
        self._policy, self._ledger, self._clock = policy, ledger, clock
        self._reads, self._writes = reads, writes
        self.stored = StoredAutonomy()

    def level(self, kind: Kind, risk: RiskClass | None) -> AutonomyLevel:
        """The level in force for ``kind`` and, where it is known, the class of risk."""
        return self._policy.level(kind, risk, self.stored)

    def barred(self, kind: Kind) -> str:
        """Why operators have lowered the level of ``kind``; empty where they have not."""
        return self.stored.bars(kind)

    async def refresh(self) -> bool:
        """Look again at what operators have set. Whether a pause has been lifted since."""
        before = self.stored
        found = await self._reads.run(self._ledger.autonomy)
        if self.stored is not before:
            return False  # An order came in while we looked, and is newer than what we saw.
        self.stored = found
        return self.stored.switch is Switch.RUNNING and before.switch is not Switch.RUNNING

    async def order(self, change: AutonomyChange) -> StoredAutonomy:
        """Carry out an operator's order. Once this returns, nothing takes effect against it."""
        stored = await self._writes.run(self._ledger.set_autonomy, change, self._clock())
        self.stored = stored
        return self.stored

    def report(self, kind: Kind) -> dict[str, Any]:
        """JSON-ready: ``switch``, who set it last and why; the levels that were set, by kind; the
        level in force for ``kind`` and, class by class, with what the settings say."""
        return {
            "switch": self.stored.switch.value,
            "level": self.level(kind, None).value,
            "classes": {one.value: self.level(kind, one).value for one in RiskClass},
            "levels": {one.value: level.value for one, level in self.stored.levels.items()},
            "changed_by": self.stored.actor,
            "reason": self.stored.reason,
        }
