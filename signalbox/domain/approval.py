"""An approval: a decision that waits for a person."""

from __future__ import annotations

from pydantic import Field, model_validator

from signalbox.domain.base import Identifier, Moment, Name, Value, Words
from signalbox.domain.decision import Decision
from signalbox.domain.enums import ApprovalState, ApprovalVerb
from signalbox.domain.prediction import Proposal


class ApprovalAnswer(Value):
    """A person's answer, in the words of the human-in-the-loop format.

    ``digest`` names the action that was looked at: an answer to anything else does not count.
    """

    decision: ApprovalVerb
    option: Name | None = Field(default=None, description="the option to take instead, for edit")
    message: Words = Field(default="", max_length=10_000, description="reason, or the response")
    actor: Name
    digest: Words | None = None

    @model_validator(mode="after")
    def _complete(self) -> ApprovalAnswer:
        if self.decision is ApprovalVerb.EDIT and self.option is None:
            raise ValueError("edit needs the option (team) to take instead")
        if self.decision is not ApprovalVerb.EDIT and self.option is not None:
            raise ValueError(
                "an option (team) goes with edit only; approve takes what was proposed"
            )
        if self.decision is ApprovalVerb.RESPOND and not self.message.strip():
            raise ValueError("respond needs 'message'")
        return self


class Approval(Value):
    """A waiting decision, the exact action it would take, and who may answer until when.

    ``draft`` is the decision as it would be committed; ``interrupt`` the id the paused graph
    listens on; ``digest`` binds the answer to the action. ``advice`` is what a language model
    proposed after the draft was made: to be read beside it, never a part of the action.
    """

    id: Identifier
    tenant: Identifier = "default"
    decision_id: Identifier
    subject: Identifier
    epoch: int = Field(ge=1)
    state: ApprovalState = ApprovalState.WAITING
    draft: Decision
    digest: str
    interrupt: str = ""
    thread: str = ""
    requester: Name | None = None
    reason: str = ""
    created_at: Moment
    expires_at: Moment
    answer: ApprovalAnswer | None = None
    answered_at: Moment | None = None
    advice: Proposal | None = None


def approval_id(decision_id: str) -> str:
    """The one id of the approval of a decision: they share all but the first three letters."""
    return "apr_" + decision_id.removeprefix("dec_")
