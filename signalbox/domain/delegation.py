"""Delegations: who may answer in another's name, about what, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from pydantic import Field, model_validator

from signalbox.domain.base import Identifier, Moment, Name, Value, Words
from signalbox.domain.enums import RiskClass
from signalbox.domain.plain import plain, same_name

LONGEST = timedelta(days=366)
"""How long a delegation may be for: one that nobody remembers giving should not count."""


class Scope(Value):
    """What a delegation is good for. Nothing said means no bound.

    ``teams`` have to hold what was drafted and what is answered; ``risk`` is the highest class.
    """

    teams: tuple[Name, ...] | None = Field(default=None, min_length=1, max_length=100)
    risk: RiskClass | None = None

    def covers(self, options: tuple[str, ...], risk: RiskClass) -> bool:
        """Whether every one of ``options``, of class ``risk``, lies within."""
        if self.risk is not None and risk.rank > self.risk.rank:
            return False
        if self.teams is None:
            return True
        known = {plain(team) for team in self.teams}
        return all(plain(option) in known for option in options)


class Delegation(Value):
    """``delegate`` may answer for ``delegator`` until ``until``. It is not passed on further."""

    id: Identifier
    tenant: Identifier = "default"
    delegator: Name
    delegate: Name
    scope: Scope = Scope()
    created_at: Moment
    until: Moment
    ended_at: Moment | None = None

    @model_validator(mode="after")
    def _two(self) -> Delegation:
        if same_name(self.delegator, self.delegate):
            raise ValueError("nobody needs a delegation from themselves")
        if self.until <= self.created_at:
            raise ValueError("'until' is already past")
        if self.until - self.created_at > LONGEST:
            raise ValueError(f"'until' is more than {LONGEST.days} days away; delegate again then")
        return self

    def valid(self, now: datetime) -> bool:
        """Whether it counts at ``now``."""
        return self.ended_at is None and now < self.until


class Hand(Value):
    """Whoever acts: in their own name, or in that of ``on_behalf_of``."""

    actor: Name
    on_behalf_of: Name | None = None

    @property
    def persons(self) -> tuple[str, ...]:
        """Everybody who counts as having acted: where duties are separated, both do."""
        return (self.actor,) if self.on_behalf_of is None else (self.actor, self.on_behalf_of)

    @property
    def signed(self) -> Words:
        """As it is written down: ``X``, or ``X for Y``."""
        return " for ".join(self.persons)


class Delegations(Protocol):
    """Delegations in the ledger. Rows are ended, never deleted."""

    def add(self, delegation: Delegation) -> Delegation:
        """Store it, with its event."""
        ...

    def find(self, tenant: str, id: str) -> Delegation | None:
        """The delegation of that id, valid or not."""
        ...

    def valid(self, tenant: str, now: datetime, limit: int) -> list[Delegation]:
        """Those that count at ``now``, oldest first."""
        ...

    def end(self, tenant: str, id: str, by: str, now: datetime) -> Delegation:
        """Let it count no longer, with its event; a repeat changes nothing. NotFound."""
        ...
