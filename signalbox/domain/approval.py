"""An approval: a decision that waits for a person."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from signalbox.domain.base import Identifier, Moment, Name, Value, Words
from signalbox.domain.decision import Decision
from signalbox.domain.delegation import Hand
from signalbox.domain.enums import ApprovalState, ApprovalVerb, Step
from signalbox.domain.escalation import Desk
from signalbox.domain.prediction import Proposal

EXPIRED_BY = "system:expiry"
REFUSED_BY = "system:recheck"
"""Who denies in the engine's name: nobody answered in time; what was approved may not be done."""


class ApprovalAnswer(Value):
    """A person's answer, in the words of the human-in-the-loop format.

    ``digest`` names the action that was looked at: an answer to anything else does not count.
    ``on_behalf_of`` is who is answered for, by a delegation.
    """

    decision: ApprovalVerb
    option: Name | None = Field(default=None, description="the option to take instead, for edit")
    message: Words = Field(default="", max_length=10_000, description="reason, or the response")
    actor: Name
    on_behalf_of: Name | None = None
    digest: Words | None = None

    @property
    def by(self) -> Hand:
        """Who gives it."""
        return Hand(actor=self.actor, on_behalf_of=self.on_behalf_of)

    def stored(self) -> dict[str, Any]:
        """As it is kept. Without what it does not say, since an earlier release that is still at
        work on the same ledger does not know the field."""
        return self.model_dump(exclude=None if self.on_behalf_of else {"on_behalf_of"})

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


class Vote(Value):
    """One person's word for an option: by approving what was drafted, or by an edit.

    ``digest`` is that of the approval when the vote was cast: a vote for anything else is none.
    """

    option: Name | None
    digest: str
    answer: ApprovalAnswer
    voted_at: Moment


class Approval(Value):
    """A waiting decision, the exact action it would take, and who may answer until when.

    ``draft`` is the decision as it would be committed; ``interrupt`` the id the paused graph
    listens on; ``digest`` binds the answer to the action. ``advice`` is what a language model
    proposed after the draft was made: to be read beside it, never a part of the action. ``needed``
    is how many different people have to approve the draft; ``votes`` are those who have spoken for
    an option so far, in turn. ``step`` is that of the graph at which its run is paused, ``desk``
    where it lies while it waits.
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
    needed: int = Field(default=1, ge=1)
    step: str = Step.APPROVE.value
    reason: str = ""
    created_at: Moment
    expires_at: Moment
    answer: ApprovalAnswer | None = None
    answered_at: Moment | None = None
    advice: Proposal | None = None
    votes: tuple[Vote, ...] = ()
    desk: Desk = Desk()

    def chosen(self, answer: ApprovalAnswer) -> str | None:
        """The option that ``answer`` speaks for; None where it speaks for none."""
        if answer.decision is ApprovalVerb.EDIT:
            return answer.option
        return self.draft.option if answer.decision is ApprovalVerb.APPROVE else None

    def voters(self, option: str | None) -> tuple[str, ...]:
        """Who has spoken for ``option`` of this very action, in turn, as it is written down."""
        return tuple(hand.signed for hand in self.hands(option))

    def hands(self, option: str | None) -> tuple[Hand, ...]:
        """Who has spoken for ``option`` of this very action, in turn."""
        return tuple(
            vote.answer.by
            for vote in self.votes
            if (vote.option, vote.digest) == (option, self.digest)
        )


def approval_id(decision_id: str) -> str:
    """The one id of the approval of a decision: they share all but the first three letters."""
    return "apr_" + decision_id.removeprefix("dec_")
