"""Bodies of requests and answers. Field names are part of the public surface."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from signalbox.domain.assignment import AssignmentState
from signalbox.domain.base import MAX_NAME, Identifier, Name
from signalbox.domain.enums import ApprovalState, ApprovalVerb, RiskClass, TaskState
from signalbox.domain.plain import name_problem
from signalbox.domain.prediction import Proposal, ScoredOption
from signalbox.domain.resource import Skill
from signalbox.domain.task import MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTES, MAX_TEXT

_TEXT = {"type": "string", "maxLength": MAX_ATTRIBUTE_TEXT, "pattern": r"^[^\u0000]*$"}
NO_NUL: Any = {"pattern": r"^[^\u0000\u202a-\u202e\u2066-\u2069]*$"}
_NAME: Any = {"minLength": 1, "maxLength": MAX_NAME}
AttributeValue = Annotated[str, WithJsonSchema(_TEXT)] | int | float | bool | None
# One character at least that shows, exactly as ``signalbox.domain.plain`` has it (a test compares).
# Beyond four digits they stand for themselves: JSON Schema's dialect of patterns has no \U.
# Those of U+13439 on are assigned from Unicode 15 on, which is Python 3.12.
_EGYPTIAN = "\U0001343f" if unicodedata.category("\U0001343f") == "Cf" else "\U00013438"
_SHOWS = (
    r"[^\s\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u2064"
    r"\u2066-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    f"\U000110bd\U000110cd\U00013430-{_EGYPTIAN}\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)


def _somebody(name: str) -> str:
    if reason := name_problem(name):
        raise ValueError(reason)
    return name


def whole(value: object) -> object:
    """To JSON 1.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Person = Annotated[
    Name,
    AfterValidator(_somebody),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_NAME,
            "allOf": [{"pattern": _SHOWS}, {"pattern": r"^[^\u0000]*$"}],
        }
    ),
]


class Body(BaseModel):
    """A request body; an unknown field is named instead of ignored."""

    model_config = ConfigDict(extra="forbid")


# What a validator asks for beyond types, in the words of JSON Schema, so that a client that goes
# by the description is not refused what it was told is fine.
_TASK: dict[str, Any] = {
    "anyOf": [
        {"required": ["text"], "properties": {"text": {"pattern": r"\S"}}},
        {
            "required": ["attributes"],
            "properties": {
                "attributes": {
                    "minProperties": 1,
                    "additionalProperties": {"type": ["string", "number", "boolean"]},
                }
            },
        },
    ]
}
_ANSWER: dict[str, Any] = {
    "oneOf": [
        {
            "properties": {
                "decision": {"enum": ["approve", "reject", "escalate"]},
                "team": {"type": "null"},
            }
        },
        {
            "required": ["team"],
            "properties": {"decision": {"const": "edit"}, "team": {"type": "string"}},
        },
        {
            "required": ["message"],
            "properties": {
                "decision": {"const": "respond"},
                "message": {"pattern": r"\S"},
                "team": {"type": "null"},
            },
        },
    ]
}


class TaskIn(Body):
    """A work item. ``id`` is yours, or one is made; posting it again changes nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_TASK)

    id: Identifier | None = None
    text: str = Field(default="", max_length=MAX_TEXT, json_schema_extra=NO_NUL)
    attributes: dict[Name, AttributeValue] = Field(
        default_factory=dict,
        max_length=MAX_ATTRIBUTES,
        json_schema_extra={"additionalProperties": False, "propertyNames": _NAME},
    )
    requester: Person | None = None
    skills: list[Skill] = Field(
        default=[], max_length=15, description="what it takes to do it, of whom it is given to"
    )
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

    It has to be given to approve, or edit to, what is of the top risk class. ``escalate`` decides
    nothing: the approval goes on waiting, one level up.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_ANSWER)

    decision: ApprovalVerb
    team: Name | None = Field(default=None, description="the team to take instead, for edit")
    message: str = Field(default="", max_length=10_000, json_schema_extra=NO_NUL)
    actor: Person | None = Field(default=None, description="left out where a key tells")
    on_behalf_of: Person | None = Field(
        default=None, description="who is answered for, by a delegation that covers it"
    )
    digest: str | None = None


class AssignmentOut(BaseModel):
    """Who of its team has a task, or why it waits; ``suggested`` is for a person to choose."""

    state: AssignmentState
    team: str
    resource: str | None = None
    reason: str = ""
    suggested: str | None = None
    since: datetime
    assigned_at: datetime | None = None
    ended_at: datetime | None = None
    decision_id: str | None = None


class TaskOut(BaseModel):
    """Where a task stands. ``team`` is None until it is decided; ``provisional`` until then.

    ``resource`` is who of the team has it, where resources are registered for the team.
    """

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
    resource: str | None = None
    assignment: AssignmentOut | None = None
    elapsed_ms: float | None = None


class BatchOut(BaseModel):
    """One entry a task, in the order sent: a task, or the problem it met."""

    results: list[TaskOut | dict[str, object]]


class VoteOut(BaseModel):
    """Who has spoken for a team, by approving what is proposed or by an edit."""

    actor: str
    on_behalf_of: str | None = None
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
    level: int = Field(default=0, description="how far up its chain it is; 0: where it began")
    level_name: str = ""
    eligible: list[str] = Field(default=[], description="the only ones who may answer, if any")
    due_at: datetime | None = Field(default=None, description="when it is escalated by itself")
    claimed_by: str | None = Field(default=None, description="the only one who may answer now")
    claimed_until: datetime | None = None
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


class ErasureOut(BaseModel):
    """When the texts about a task were erased; ``new`` unless that was before."""

    task_id: str
    erased_at: datetime
    new: bool


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    errors: list[dict[str, str]] | None = None
