"""Jobs: work that is owed once something is written, and outlives the process that owes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from signalbox.domain.approval import Approval
from signalbox.domain.task import Task

DECIDE, RESUME, TIMEOUT = "decide", "resume", "timeout"
# Whoever took the request goes on with it; the job is for when that process is gone.
HEAD_START_S = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of owed work: what (``name``), of which ``tenant``, ``about`` what.

    Not before ``delay_s`` from now. ``id`` makes it one: owed again, it is not done again.
    """

    name: str
    tenant: str
    about: str
    delay_s: float = 0.0

    @property
    def id(self) -> str:
        return f"{self.name}:{self.tenant}:{self.about}"


Handlers = Mapping[str, Callable[[str, str], Awaitable[object]]]
"""For each name of a job what does it, given the tenant and whom it is about. Safe to repeat."""


class Enqueue(Protocol):
    """Enqueues as part of a transaction on the ledger's database: both happen, or neither."""

    def __call__(self, connection: object, job: Job) -> None: ...


class Executors(Protocol):
    """The list of processes at work, each with a count that goes up while it lives."""

    def beat(self, id: str, role: str, version: str, place: str, now: datetime) -> None: ...

    def counts(self) -> dict[str, int]: ...

    def bury(self, id: str, beats: int) -> bool: ...

    def end(self, id: str) -> None: ...


def decide(task: Task) -> Job:
    """Decide a task that was accepted and not decided yet."""
    return Job(DECIDE, task.tenant, task.id, HEAD_START_S)


def resume(approval: Approval) -> Job:
    """Carry out what a person answered."""
    return Job(RESUME, approval.tenant, approval.id, HEAD_START_S)


def timeout(approval: Approval) -> Job:
    """Deny what nobody answered in time."""
    waits = (approval.expires_at - approval.created_at).total_seconds()
    return Job(TIMEOUT, approval.tenant, approval.id, max(0.0, waits))
