"""What a submitter is told."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.approval import Approval
from signalbox.domain.assignment import Assignment
from signalbox.domain.decision import Decision
from signalbox.domain.enums import TaskState
from signalbox.domain.task import Task


@dataclass(frozen=True, slots=True)
class Answer:
    """What a submitter gets: a decision, an approval that waits, or neither within the deadline."""

    task: Task
    decision: Decision | None = None
    approval: Approval | None = None
    provisional: str | None = None
    elapsed_ms: float = 0.0
    state: TaskState | None = None
    assignment: Assignment | None = None
