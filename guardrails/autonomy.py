"""Autonomy levels: how far the engine may go by itself, by kind of decision and class of risk."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from signalbox.domain.autonomy import StoredAutonomy, Switch
from signalbox.domain.base import Value
from signalbox.domain.enums import AutonomyLevel, Kind, RiskClass

# From the least autonomy to the most.
ORDER = (
    AutonomyLevel.OFF,
    AutonomyLevel.SUGGEST,
    AutonomyLevel.APPROVE_FIRST,
    AutonomyLevel.AUTOMATIC,
)


def least(*levels: AutonomyLevel) -> AutonomyLevel:
    """The most restrictive of ``levels``."""
    return min(levels, key=ORDER.index, default=AutonomyLevel.AUTOMATIC)


class AutonomyPolicy(Value):
    """The levels of the settings: one for each kind, and a cap for each class of risk."""

    kinds: Mapping[Kind, AutonomyLevel] = Field(default_factory=dict)
    caps: Mapping[RiskClass, AutonomyLevel] = Field(default_factory=dict)

    def level(
        self, kind: Kind, risk: RiskClass | None, stored: StoredAutonomy | None = None
    ) -> AutonomyLevel:
        """The most restrictive of kind, class and what operators have set in the meantime."""
        levels = [self.kinds.get(kind, AutonomyLevel.AUTOMATIC)]
        if risk is not None:
            levels.append(self.caps.get(risk, AutonomyLevel.AUTOMATIC))
        if stored is not None:
            levels.append(stored.levels.get(kind, AutonomyLevel.AUTOMATIC))
            if stored.switch is not Switch.RUNNING:
                levels.append(AutonomyLevel.APPROVE_FIRST)
        return least(*levels)
