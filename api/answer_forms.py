"""The forms an answer to an approval may have: our own, and two of the field's."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.schemas import NO_NUL, AnswerIn, Body, Person
from graphs import agent_inbox
from signalbox.domain.base import Name
from signalbox.domain.enums import ApprovalVerb

MAX_MESSAGE = 10_000
_SAID = {"type": "string", "maxLength": MAX_MESSAGE, "pattern": r"\S"}
_TEXT: Any = {"type": "string", "maxLength": MAX_MESSAGE, **NO_NUL}


class Format(StrEnum):
    """In whose words approvals are shown and answered."""

    HITL = "hitl"
    AGENT_INBOX = "agent-inbox"


class Args(BaseModel):
    """Arguments of an action. Only the team may be another than what was asked about."""

    model_config = ConfigDict(extra="allow")

    team: Name | None = None


class Action(Body):
    """An action as the present format names it."""

    name: Name
    args: Args


class OlderAction(Body):
    """An action as the Agent Inbox names it."""

    action: Name
    args: Args


class _Given(Body):
    """What every form says beside the answer itself."""

    actor: Person | None = Field(default=None, description="left out where a key tells")
    on_behalf_of: Person | None = None
    digest: str | None = None

    def _answer(self, decision: HitlDecision) -> dict[str, Any]:
        edited = decision.edited_action if decision.type is ApprovalVerb.EDIT else None
        return {
            "decision": decision.type,
            "team": edited.args.team if edited else None,
            "message": decision.message,
            **{name: getattr(self, name) for name in _Given.model_fields},
        }


_EDIT = {"required": ["edited_action"], "properties": {"type": {"const": "edit"}}}
_DECISION: dict[str, Any] = {
    "oneOf": [
        {"properties": {"type": {"enum": ["approve", "reject", "escalate"]}}},
        _EDIT,
        {
            "required": ["message"],
            "properties": {"type": {"const": "respond"}, "message": {"pattern": r"\S"}},
        },
    ]
}


class HitlDecision(Body):
    """One decision of the human-in-the-loop format."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_DECISION)

    type: ApprovalVerb
    edited_action: Action | None = None
    message: str = Field(default="", max_length=MAX_MESSAGE, json_schema_extra=NO_NUL)

    @model_validator(mode="after")
    def _complete(self) -> HitlDecision:
        if self.type is ApprovalVerb.EDIT and self.edited_action is None:
            raise ValueError("edit needs 'edited_action'")
        return self


class DecisionsIn(_Given):
    """An answer in the human-in-the-loop format: one decision, as one action was asked about."""

    decisions: list[HitlDecision] = Field(min_length=1, max_length=1)

    def read(self) -> tuple[dict[str, Any], Action | None]:
        """The answer in our own form, and the action it names, where it names one."""
        decision = self.decisions[0]
        return self._answer(decision), decision.edited_action


_INBOX: dict[str, Any] = {
    "oneOf": [
        {
            "properties": {
                "type": {"enum": ["accept", "ignore"]},
                "args": {"type": ["object", "null"]},
            }
        },
        {
            "required": ["args"],
            "properties": {"type": {"const": "edit"}, "args": {"type": "object"}},
        },
        {"required": ["args"], "properties": {"type": {"const": "response"}, "args": _SAID}},
    ]
}


class InboxIn(_Given):
    """An answer as the Agent Inbox gives it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_INBOX)

    type: Literal["accept", "edit", "response", "ignore"]
    args: (
        Annotated[str, Field(max_length=MAX_MESSAGE), WithJsonSchema(_TEXT)] | OlderAction | None
    ) = None

    @model_validator(mode="after")
    def _complete(self) -> InboxIn:
        if self.type == "edit" and not isinstance(self.args, OlderAction):
            raise ValueError("edit needs 'args' with 'action' and 'args'")
        if self.type == "response" and not (isinstance(self.args, str) and self.args.strip()):
            raise ValueError("response needs 'args' with what to say")
        if self.type in ("accept", "ignore") and isinstance(self.args, str):
            raise ValueError(f"{self.type} takes no text in 'args'")
        return self

    def read(self) -> tuple[dict[str, Any], Action | None]:
        """As ``DecisionsIn.read``."""
        decision = HitlDecision.model_validate(agent_inbox.decision(self.model_dump()))
        return self._answer(decision), decision.edited_action


class AnyAnswerIn(AnswerIn):
    """A person's answer, in any of the forms; which one is told by its fields."""

    _action: Action | None = PrivateAttr(default=None)

    @property
    def action(self) -> dict[str, Any] | None:
        """The action it names, which may differ from the drafted one in the team at most."""
        return None if self._action is None else self._action.model_dump()

    @model_validator(mode="wrap")
    @classmethod
    def _any_form(cls, given: Any, handler: ModelWrapValidatorHandler[AnyAnswerIn]) -> AnyAnswerIn:
        form = _form(given)
        if form is None:
            return handler(given)
        fields, action = form.model_validate(given).read()
        answer = handler(fields)
        answer._action = action
        return answer

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        forms = (AnswerIn, DecisionsIn, InboxIn)
        return {"anyOf": [handler(form.__pydantic_core_schema__) for form in forms]}


def _form(given: Any) -> type[DecisionsIn] | type[InboxIn] | None:
    if not isinstance(given, dict) or "decision" in given:
        return None
    if "decisions" in given:
        return DecisionsIn
    return InboxIn if "type" in given else None
