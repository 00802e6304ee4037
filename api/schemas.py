"""Bodies of requests and answers. Field names are part of the public surface."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from signalbox.domain.base import Identifier, Name
from signalbox.domain.enums import ApprovalState, ApprovalVerb, RiskClass, TaskState
from signalbox.domain.plain import name_problem
from signalbox.domain.prediction import Proposal, ScoredOption
from signalbox.domain.task import MAX_ATTRIBUTES, MAX_TEXT

AttributeValue = str | int | float | bool | None


def _somebody(name: str) -> str:
    if reason := name_problem(name):
        raise ValueError(reason)
    return name


Person = Annotated[Name, AfterValidator(_somebody)]


class Body(BaseModel):
    """A request body; an unknown field is named instead of ignored."""

    model_config = ConfigDict(extra="forbid")


class TaskIn(Body):
    """A work item. ``id`` is yours, or one is made; posting it again changes nothing."""

    id: Identifier | None = None
    text: str = Field(default="", max_length=MAX_TEXT)
    attributes: dict[Name, AttributeValue] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    requester: Person | None = None
    deadline_ms: float | None = Field(default=None, gt=0, le=60_000, strict=True)


class BatchIn(Body):
    """Several work items at once; ids must differ."""

    tasks: list[TaskIn] = Field(min_length=1)


class OutcomeIn(Body):
    """The team that turned out right. ``new_team`` says that an unknown name is no slip."""

    team: Name
    reporter: Person | None = None
    new_team: bool = Field(default=False, strict=True)


class AnswerIn(Body):
    """A person's answer. ``digest``, where given, must be that of the approval looked at.

    It has to be given to approve, or edit to, what is of the top risk class.
    """

    decision: ApprovalVerb
    team: Name | None = Field(default=None, description="the team to take instead, for edit")
    message: Annotated[str, StringConstraints(max_length=10_000)] = ""
    actor: Person | None = Field(default=None, description="left out where a key tells")
    digest: str | None = None


class TaskOut(BaseModel):
    """Where a task stands. ``team`` is None until it is decided; ``provisional`` until then."""

    task_id: str
    state: TaskState
    team: str | None = None
    provisional: str | None = None
    status: str
    source: str | None = None
    automatic: bool = False
    confidence: float | None = None
    reason: str = ""
    decision_id: str | None = None
    epoch: int | None = None
    approval_id: str | None = None
    alternatives: list[ScoredOption] = []
    rules: list[str] = []
    elapsed_ms: float | None = None


class BatchOut(BaseModel):
    """One entry a task, in the order sent: a task, or the problem it met."""

    results: list[TaskOut | dict[str, object]]


class VoteOut(BaseModel):
    """Who has spoken for a team, by approving what is proposed or by an edit."""

    actor: str
    decision: ApprovalVerb
    team: str | None
    message: str
    voted_at: datetime


class ApprovalOut(BaseModel):
    """A decision that waits for a person, with the request in the human-in-the-loop format."""

    id: str
    task_id: str
    decision_id: str
    state: ApprovalState
    proposed: str | None
    confidence: float | None
    reason: str
    alternatives: list[ScoredOption]
    text: str
    attributes: dict[str, str]
    digest: str
    risk: RiskClass | None = Field(
        default=None, description="of what is proposed; 'top' has to be answered with the digest"
    )
    needed: int = Field(
        default=1, description="how many different people have to approve what is proposed"
    )
    votes: list[VoteOut] = []
    request: dict[str, object]
    created_at: datetime
    expires_at: datetime
    answered_by: str | None = None
    advice: Proposal | None = Field(
        default=None, description="what a language model proposes, to be read beside alternatives"
    )
    standing: str | None = Field(
        default=None, description="the team in force, which stays when the change is rejected"
    )


class OutcomeOut(BaseModel):
    """The outcome as stored, and whether the engine had it right."""

    task_id: str
    team: str
    decided_team: str | None
    correct: bool | None
    recorded_at: datetime


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    errors: list[dict[str, str]] | None = None
