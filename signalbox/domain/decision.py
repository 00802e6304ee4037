"""A decision and its whole trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from signalbox.domain.base import Identifier, Moment, Name, Value, digest_of
from signalbox.domain.enums import DecisionStatus, Kind, RiskClass, Source
from signalbox.domain.prediction import Guess, Proposal, ScoredOption


class RuleNote(Value):
    """One rule that fired: what it asked for and why."""

    rule: str
    effect: str
    why: str = ""


class GuardNote(Value):
    """One part of the authorisation: who said what, and why."""

    part: str
    verdict: str
    reason: str


class Trace(Value):
    """Everything needed to say why, and to run the decision again.

    ``rules_digest`` is of the rules that were asked, ``rechecked`` of those that were asked again
    when a person had approved. ``consult`` says in a sentence what the language model was asked and
    answered, ``advice`` what it proposed, ``consult_failure`` in one word how asking failed.
    ``standing`` is the option of the decision that this one would replace, which stays where the
    change is refused. ``guess`` is the model's own, ``above`` only where neither a rule nor a guard
    kept it from deciding alone. ``considered`` are the candidates a policy chose among, with what
    spoke for each and against it.
    """

    offered: tuple[str, ...] = ()
    ranked: tuple[ScoredOption, ...] = ()
    guess: Guess | None = None
    considered: tuple[dict[str, Any], ...] = ()
    rules: tuple[RuleNote, ...] = ()
    rules_digest: str = ""
    rechecked: str = ""
    rules_evaluators: str = ""
    rule_trace: tuple[dict[str, Any], ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    guard: str = ""
    guard_notes: tuple[GuardNote, ...] = ()
    consult: str = ""
    consult_failure: str = ""
    advice: Proposal | None = None
    reasoning: str = ""
    standing: Name | None = None
    risk: RiskClass | None = None
    threshold: float | None = None
    certified_bound: float | None = None
    observed_bound: float | None = None
    in_scope: bool = True
    scope_score: float = 0.0
    model_version: str = ""
    prompt_version: str = ""
    engine_version: str = ""
    timings_ms: dict[str, float] = Field(default_factory=dict)
    cost_usd: float = 0.0


class Decision(Value):
    """The n-th (``epoch``) decision for one subject.

    ``proposed`` is what the engine would have chosen by itself, ``option`` what was chosen in the
    end; they differ when a person edits.
    """

    id: Identifier
    tenant: Identifier = "default"
    kind: Kind = Kind.ROUTING
    subject: Identifier
    epoch: int = Field(ge=1)
    status: DecisionStatus
    option: Name | None = None
    proposed: Name | None = None
    source: Source
    confidence: float | None = Field(default=None, ge=0, le=1)
    reason: str = ""
    actor: str | None = None
    trace: Trace = Trace()
    decided_at: Moment

    @property
    def automatic(self) -> bool:
        """Decided by the engine alone: what coverage counts. An expiry is no choice of its own."""
        return (
            self.status in (DecisionStatus.DECIDED, DecisionStatus.DENIED)
            and not self.source.after_approval
        )

    def advised(self, advice: Proposal | None) -> Decision:
        """With what a language model proposed after it was drafted: for the record, with its cost.

        The option is nobody's but the one's who chose it.
        """
        if advice is None or self.trace.advice is not None:
            return self
        cost = self.trace.cost_usd + advice.cost_usd
        trace = self.trace.model_copy(update={"advice": advice, "cost_usd": cost})
        return self.model_copy(update={"trace": trace})


def decision_id(tenant: str, kind: str, subject: str, epoch: int) -> str:
    """The one id of a decision: the same for every attempt at the same (subject, epoch)."""
    return "dec_" + digest_of([tenant, kind, subject, epoch])[:32]


def action_digest(
    decision: Decision,
    *,
    action: str = "",
    arguments: Mapping[str, object] | None = None,
    task_digest: str = "",
    needed: int = 1,
) -> str:
    """Digest of the exact action an approval is asked for, and of all that a check goes by.

    What would be done (``action`` with ``arguments``), to whom and as whom; by which rules, model
    and prompt it was drafted, from which facts and when; what may be chosen instead, and how many
    people have to agree (``needed``). ``task_digest`` is that of the task's content. Words about
    it, such as the reason, are left out.
    """
    trace = decision.trace
    return digest_of(
        {
            "tenant": decision.tenant,
            "kind": decision.kind.value,
            "subject": decision.subject,
            "epoch": decision.epoch,
            "option": decision.option,
            "action": action,
            "arguments": dict(arguments or {}),
            "task": task_digest,
            "rules": trace.rules_digest,
            "model": trace.model_version,
            "prompt": trace.prompt_version,
            "risk": trace.risk.value if trace.risk else None,
            "needed": needed,
            "offered": list(trace.offered),
            "standing": trace.standing,
            "facts": trace.facts,
            "drafted_at": decision.decided_at.isoformat(),
        }
    )
