"""Which option is drafted, by whom, and the trace that goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphs.kind import Parts, Scalar
from graphs.state import SpineState
from guardrails import Redactor
from rules import ACTED, RuleVerdict
from signalbox.domain.decision import Decision, RuleNote, Trace, decision_id
from signalbox.domain.enums import DecisionStatus, Source, Verdict
from signalbox.domain.prediction import Guess, Prediction, Proposal

KEPT_ALTERNATIVES = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """An option (None: nothing to propose), who chose it and how sure, and what was wrong."""

    option: str | None
    source: Source
    confidence: float | None = None
    problem: str = ""


def choose(
    guarded: RuleVerdict, prediction: Prediction | None, proposal: Proposal | None
) -> Choice:
    """Pick in order of authority: rule, policy, certified model, agent, rule fallback, best guess.

    A proposal outside the offered options is never mended: it is named as a problem and the
    fallback exit is taken.
    """
    offered = set(guarded.allowed)
    problem = ""
    if guarded.forced is not None:
        return Choice(guarded.forced, Source.RULE)
    ranked = [one for one in prediction.ranked if one.option in offered] if prediction else []
    best = ranked[0] if ranked else None
    if prediction and prediction.pick in offered:
        return Choice(prediction.pick, Source.POLICY)
    if prediction and prediction.automatic and best and best == prediction.best:
        return Choice(best.option, Source.MODEL, best.probability)
    if proposal is not None:
        if proposal.option in offered:
            return Choice(proposal.option, Source.AGENT, proposal.confidence)
        problem = f"the language model named '{proposal.option}', which was not offered"
    if guarded.fallback is not None:
        return Choice(guarded.fallback, Source.FALLBACK, problem=problem)
    if best is not None:
        return Choice(best.option, Source.MODEL, best.probability, problem)
    return Choice(None, Source.FALLBACK, problem=problem)


def draft(
    state: SpineState,
    parts: Parts,
    guarded: RuleVerdict,
    choice: Choice,
    facts: Mapping[str, Scalar],
) -> Decision:
    """The decision as it would be committed, still to be authorised."""
    task, prediction, consulted = state["task"], state["prediction"], state["consulted"]
    proposal = consulted.proposal
    # Of whoever chose: the bound of one says nothing about the error of the other.
    judged = proposal if choice.source is Source.AGENT else prediction
    explained = guarded.explain()
    trace = Trace(
        offered=tuple(guarded.allowed),
        ranked=prediction.ranked[:KEPT_ALTERNATIVES] if prediction else (),
        guess=_guess(guarded, prediction),
        considered=prediction.considered if prediction else (),
        rules=tuple(
            RuleNote(rule=row["rule"], effect=row["effect"], why=row["why"])
            for row in explained
            if row["outcome"] in ACTED
        ),
        rule_trace=_shown(explained, state["redactor"]),
        rules_digest=guarded.digest,
        rules_evaluators=guarded.evaluators,
        facts={name: _clean(value, state["redactor"]) for name, value in facts.items()},
        consult=state["redactor"](consulted.note),
        consult_failure=consulted.failure,
        advice=proposal,
        reasoning=consulted.reasoning,
        standing=state.get("standing"),
        risk=None if choice.option is None else parts.kind.risk(task, choice.option),
        threshold=prediction.threshold if prediction else None,
        certified_bound=judged.certified_bound if judged else None,
        observed_bound=prediction.observed_bound if prediction else None,
        in_scope=prediction.in_scope if prediction else True,
        scope_score=prediction.scope_score if prediction else 0.0,
        model_version=prediction.version if prediction else "",
        prompt_version=proposal.prompt_version if proposal else "",
        engine_version=parts.engine_version,
        cost_usd=consulted.cost_usd,
    )
    kind = parts.kind.kind
    return Decision(
        id=decision_id(task.tenant, kind.value, task.id, state["epoch"]),
        tenant=task.tenant,
        kind=kind,
        subject=task.id,
        epoch=state["epoch"],
        status=DecisionStatus.WAITING,
        option=choice.option,
        proposed=choice.option,
        source=choice.source,
        confidence=choice.confidence,
        reason=_reason(choice, prediction, proposal),
        trace=trace,
        decided_at=parts.clock(),
    )


def _reason(choice: Choice, prediction: Prediction | None, proposal: Proposal | None) -> str:
    """Of whoever chose: the router's doubt is no reason for what a certified agent decided."""
    if choice.source is Source.AGENT and proposal is not None and proposal.certified:
        bound = proposal.certified_bound
        limit = "" if bound is None else f": at most {bound:.1%} of such answers are wrong"
        return f"certified for {proposal.model or 'this model'}{limit}"
    return "" if prediction is None else prediction.reason


def _clean(value: Any, redactor: Redactor) -> Any:
    return redactor(value) if isinstance(value, str) else value


def _shown(
    explained: Sequence[Mapping[str, Any]], redactor: Redactor
) -> tuple[dict[str, Any], ...]:
    """The trace of the rules as it is stored: what was posted is redacted."""
    return tuple(
        {
            **row,
            "conditions": [
                {**one, "got": _clean(one["got"], redactor)} for one in row["conditions"]
            ],
        }
        for row in explained
    )


def _guess(guarded: RuleVerdict, prediction: Prediction | None) -> Guess | None:
    """The model's guess; not ``above`` where it would not have decided even with its autonomy."""
    guess = prediction.guess if prediction else None
    if guess is None:
        return None
    free = (
        guarded.forced is None
        and guarded.guard is Verdict.ALLOW
        and not guarded.disagreement
        and guess.option in guarded.allowed
    )
    return guess.model_copy(update={"above": guess.above and free})
