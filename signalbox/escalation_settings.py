"""Settings of the chain that approvals climb."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from signalbox.domain.base import Name


class EscalationSettings(BaseModel):
    """The chain that an approval climbs while nobody answers it, lowest level first.

    ``after_minutes`` has, for each of ``levels``, how long it waits at the one below before it is
    escalated to it. ``people`` are, by level, the only ones who may answer there and below.
    """

    model_config = ConfigDict(extra="forbid")

    levels: tuple[Name, ...] = Field(
        default=(), max_length=10, description="names of the levels, lowest first"
    )
    after_minutes: tuple[Annotated[float, Field(gt=0, le=5_256_000)], ...] = Field(
        default=(), description="for each level, how long at the one below"
    )
    people: dict[str, tuple[Name, ...]] = Field(
        default_factory=dict, description="for each level, who may answer; unset: anybody"
    )

    @model_validator(mode="after")
    def _fits(self) -> EscalationSettings:
        if len(self.after_minutes) != len(self.levels):
            raise ValueError(
                f"LEVELS has {len(self.levels)} and AFTER_MINUTES {len(self.after_minutes)}:"
                " each level needs its minutes"
            )
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("LEVELS names one level twice")
        if strange := sorted(set(self.people) - set(self.levels)):
            raise ValueError(f"PEOPLE has {strange[0]!r}, which is none of LEVELS")
        return self
