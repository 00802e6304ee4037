"""What ties an answer to the exact action it was given for, and how many must give it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from graphs.kind import DecisionKind
from graphs.terms import Terms
from signalbox.domain.approval import Approval
from signalbox.domain.decision import Decision, action_digest
from signalbox.domain.enums import RiskClass
from signalbox.domain.errors import SignalboxError
from signalbox.domain.task import Task


class NotAsApproved(SignalboxError):
    """What is stored is not what was approved: never carried out."""

    code = "not-as-approved"
    status = 409


def seal(kind: DecisionKind, task: Task, draft: Decision, needed: int) -> str:
    """Digest of the drafted action with the task, and of how many people it takes."""
    name, arguments, _ = kind.action(draft)
    return action_digest(
        draft,
        action=name,
        arguments=arguments,
        task_digest=task.content_digest,
        needed=needed,
    )


def top(kind: DecisionKind, task: Task, draft: Decision, option: str | None) -> bool:
    """Whether what was drafted, or ``option`` in its place, is of the top class."""
    return RiskClass.TOP in _classes(kind, task, draft, option)


def risk(kind: DecisionKind, task: Task, draft: Decision, option: str | None) -> RiskClass:
    """The highest class of what was drafted, and of ``option`` in its place."""
    known = _classes(kind, task, draft, option)
    return max(known, key=lambda one: one.rank, default=RiskClass.TOP)


def needed(
    kind: DecisionKind, terms: Terms, task: Task, draft: Decision, option: str | None
) -> int:
    """How many different people have to speak for ``option`` before it may take effect."""
    return terms.needed(
        _classes(kind, task, draft, option),
        anonymous=task.requester is None,
        edited=option != draft.option,
    )


def altered(kind: DecisionKind, approval: Approval, task: Task) -> str:
    """What in the ledger is not as it was when the approval was asked for; empty when all is."""
    draft = approval.draft
    same = (draft.id, draft.tenant, draft.subject, draft.epoch)
    if same != (approval.decision_id, approval.tenant, approval.subject, approval.epoch):
        return "the stored draft is about another decision"
    if approval.requester != task.requester:
        return "the stored requester is not who asked"
    if seal(kind, task, draft, approval.needed) != approval.digest:
        return "the stored action does not have the digest it was approved under"
    return ""


def packed(task: Task, draft: Decision) -> dict[str, Any]:
    """What is kept of a run that pauses: plain JSON."""
    return {"task": task.model_dump(mode="json"), "draft": draft.model_dump(mode="json")}


def unpack(parked: Mapping[str, Any]) -> tuple[Task, Decision]:
    """Task and draft of a pause. NotAsApproved where it does not hold them."""
    try:
        return Task.model_validate(parked["task"]), Decision.model_validate(parked["draft"])
    except (KeyError, TypeError, ValidationError):
        raise NotAsApproved("the paused decision cannot be read") from None


def _classes(kind: DecisionKind, task: Task, draft: Decision, option: str | None) -> set[RiskClass]:
    known = {draft.trace.risk} if draft.trace.risk else set()
    return known | {kind.risk(task, one) for one in (draft.option, option) if one is not None}
