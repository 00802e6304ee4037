"""Assignments: which resource of its team a routed task is with, or what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from signalbox.domain.base import Identifier, Moment, Name, Value
from signalbox.domain.decision import Decision
from signalbox.domain.errors import NotFound
from signalbox.domain.limits import UnderRules


class AssignmentState(StrEnum):
    """``waiting`` for a resource, ``assigned`` to one, ``done``: nothing more is to be done."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    DONE = "done"


class Assignment(Value):
    """Where a task that was routed to a team with registered resources stands.

    ``epoch`` counts how often it was assigned. ``reason`` says why it waits, or why it is with
    ``resource``. ``returned_by`` are resources that gave it back: they are not asked again.
    ``suggested`` is whom the engine would have chosen, where a person has to.
    ``attributes`` and ``received_at`` are the task's.
    """

    tenant: Identifier = "default"
    task_id: Identifier
    team: Name
    state: AssignmentState = AssignmentState.WAITING
    resource: Identifier | None = None
    epoch: int = 0
    decision_id: Identifier | None = None
    reason: str = ""
    suggested: Identifier | None = None
    returned_by: tuple[Identifier, ...] = ()
    since: Moment
    assigned_at: Moment | None = None
    ended_at: Moment | None = None
    changed_at: Moment
    attributes: dict[str, str] = Field(default_factory=dict)
    received_at: Moment


def unstaffed(task_id: str) -> NotFound:
    """The error for a task that is with nobody's team."""
    return NotFound(
        f"task '{task_id}' is with no team that has resources",
        hint="register the team's resources first: PUT /v1/resources/{id}",
    )


class Work(Value):
    """A piece of work that is done: what mean times are learned from."""

    tenant: Identifier
    team: Name
    resource: Identifier
    attributes: dict[str, str] = Field(default_factory=dict)
    assigned_at: Moment
    ended_at: Moment


class Assignments(Protocol):
    """Assignments in the ledger. Every method is one transaction; it arbitrates between all."""

    def find(self, tenant: str, task_id: str) -> Assignment | None: ...

    def open(self) -> list[Assignment]:
        """Every tenant's that are not done; oldest first."""

    def changes(self, since: datetime) -> list[tuple[str, str, datetime]]:
        """(tenant, task, when) of every assignment that changed since, done or not."""

    def assign(
        self, decision: Decision, rules: UnderRules | None, *, by_person: bool = False
    ) -> Assignment:
        """Commit the decision that a task goes to a resource, and that it is there now.

        Conflict where it waits no more, was moved to another team, or the resource is gone or full.
        Held where the switch or other rules keep it from taking effect.
        """

    def explain(
        self, waiting: Iterable[Assignment], reasons: Sequence[str], suggested: Sequence[str | None]
    ) -> None:
        """Store why each waits, where it still does; an event for each that is another reason."""

    def end(self, tenant: str, task_id: str, *, by: str | None, now: datetime) -> Assignment:
        """The work is done. Conflict where it is with nobody; NotFound where there is none."""

    def give_back(
        self, tenant: str, task_id: str, *, by: str | None, reason: str, now: datetime
    ) -> Assignment:
        """It waits again, for others than who had it. Conflict, NotFound as ``end``."""

    def done(self, since: datetime, limit: int) -> list[Work]:
        """Work ended since, oldest first among the newest ``limit``."""
