"""How far the engine may go at present, as an operator has set it, and what it held back."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from signalbox.domain.base import Moment, Name, Value, Words
from signalbox.domain.decision import Decision
from signalbox.domain.enums import AutonomyLevel, DecisionStatus, Kind
from signalbox.domain.errors import SignalboxError

EVERY_KIND = "*"


class Switch(StrEnum):
    """The kill switch. ``paused``: nothing takes effect by itself, people go on deciding.
    ``halted``: nothing takes effect at all; what people answer is kept and done after a resume."""

    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"


class AutonomyChange(Value):
    """An operator's order: a switch for everything, or a level for one kind."""

    switch: Switch | None = None
    kind: Kind | None = None
    level: AutonomyLevel | None = None
    actor: Name
    reason: Words = Field(default="", max_length=1_000)

    @model_validator(mode="after")
    def _says_something(self) -> AutonomyChange:
        if (self.kind is None) != (self.level is None):
            raise ValueError("kind and level go together: name the kind and its level")
        if self.switch is None and self.kind is None:
            raise ValueError("name a switch (running, paused, halted), or a kind and its level")
        return self


class StoredAutonomy(Value):
    """What operators have set: the switch, and a level for each kind they named."""

    switch: Switch = Switch.RUNNING
    levels: dict[Kind, AutonomyLevel] = Field(default_factory=dict)
    actor: str = ""
    reason: str = ""
    changed_at: Moment | None = None

    def holds(self, decision: Decision) -> str:
        """Why ``decision`` may not take effect now; empty when it may, or has no effect."""
        if not takes_effect(decision):
            return ""
        if self.switch is not Switch.HALTED and not decision.automatic:
            return ""
        return self.bars(decision.kind)

    def bars(self, kind: Kind) -> str:
        """Why nothing of ``kind`` is done automatically, as operators have set it; empty: it is."""
        since = f" by {self.actor}" if self.actor else ""
        why = f": {self.reason}" if self.reason else ""
        if self.switch is Switch.HALTED:
            return f"everything is halted{since}{why}"
        if self.switch is Switch.PAUSED:
            return f"autonomy is paused{since}{why}"
        level = self.levels.get(kind, AutonomyLevel.AUTOMATIC)
        if level is not AutonomyLevel.AUTOMATIC:
            return f"an operator set the level of {kind.value} to {level.value}"
        return ""


RULES = "rules"
"""The part that holds back what rules have let pass which are in force no more."""


class Held(SignalboxError):
    """A decision that may not take effect now. ``part`` says which guard held it back.

    Raised out of the transaction that would have committed it, which so leaves nothing.
    """

    code = "held"
    status = 409

    def __init__(self, part: str, reason: str, *, hint: str = "") -> None:
        super().__init__(reason, hint=hint)
        self.part = part


def takes_effect(decision: Decision) -> bool:
    """Whether committing ``decision`` changes anything outside: a refusal does not."""
    return (
        decision.status is DecisionStatus.DECIDED
        and decision.option is not None
        and decision.option != decision.trace.standing
    )
