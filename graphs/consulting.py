"""Asking a language model: whether at all, about what, and for how long to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from graphs.kind import Brief, DecisionKind, RuleBook
from graphs.state import SpineState
from guardrails import Redactor, screen
from rules import ACTED
from signalbox.domain.consultation import Consultation, Consulted, Evidence
from signalbox.domain.enums import Kind
from signalbox.domain.ports import Consultant
from signalbox.domain.prediction import ScoredOption
from signalbox.domain.task import Task

CERTAIN = "certain enough without"
AWAITED = "asked; its answer was not there in time and may lead to a later decision"


def needless(state: SpineState) -> str:
    """Why nobody needs to be asked; "" where somebody does."""
    if state["ruled"].forced is not None:
        return "a rule decided"
    prediction = state["prediction"]
    if prediction is None:
        return "no prediction to go by"
    if prediction.automatic:
        return CERTAIN
    if not prediction.ranked:
        return "no option is left to propose"
    return ""


def before(task: Task, kind: DecisionKind, rules: RuleBook) -> SpineState:
    """What is known of ``task`` when its consult step begins, with nothing awaited or recorded.

    For cases that are measured and not decided; the stations do the same in their own time.
    """
    redactor = Redactor()
    screened = screen(task, redactor)
    facts = kind.facts(task, screened, None, spoken=False)
    ruled = rules.evaluate(facts, tuple(kind.options(task)))
    prediction = kind.predict(task, ruled.allowed)
    return {
        "task": task,
        "redactor": redactor,
        "screened": screened,
        "ruled": ruled,
        "prediction": prediction,
    }


def question(state: SpineState, kind: Kind, candidates: int) -> Consultation:
    """The case with the ``candidates`` likeliest of the allowed options, as a model may see it."""
    prediction = state["prediction"]
    assert prediction is not None
    ranked = prediction.ranked[:candidates]
    offered = tuple(one.option for one in ranked)
    posed = pose(state, kind, offered, ranked, prediction.threshold)
    return posed.model_copy(update={"local_model": prediction.version, "candidates": candidates})


def pose(
    state: SpineState,
    kind: Kind,
    offered: tuple[str, ...],
    ranked: Sequence[ScoredOption] = (),
    automatic: float | None = None,
) -> Consultation:
    """The case as a model outside may see it: redacted, with the options ``offered`` only."""
    task = state["task"]
    explained = state["ruled"].explain()
    fired = [row for row in explained if row["outcome"] in ACTED and row["why"]]
    return Consultation(
        kind=kind,
        tenant=task.tenant,
        subject=task.id,
        excerpt=state["screened"].excerpt,
        attributes=state["screened"].attributes,
        offered=offered,
        ranked=tuple(ranked),
        automatic=automatic,
        redact=state["redactor"],
        evidence=tuple(
            Evidence(id=f"rule:{row['rule']}", text=str(row["why"])) for row in fired[:10]
        ),
    )


def briefed(question: Consultation, brief: Brief) -> Consultation:
    """The case with what its kind of decision is about and is judged by."""
    told = {"question": brief.question, "criteria": brief.criteria}
    return question.model_copy(update=told)


async def ask(
    consultant: Consultant, question: Consultation, patience_s: float
) -> tuple[Consulted, asyncio.Task[Consulted] | None]:
    """The answer, or a note that it is awaited together with the task that will have it.

    Nobody who waits is kept past ``patience_s``; the question itself goes on. A caller that is
    cancelled takes it along.
    """
    asked = asyncio.ensure_future(consultant.consult(question))
    try:
        # One turn of the loop, whatever the patience: an answer that needs no wire is there then.
        await asyncio.wait({asked}, timeout=max(0.0, patience_s))
        if not asked.done():
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        asked.cancel()
        raise
    if asked.done():
        return asked.result(), None
    return Consulted(note=AWAITED), asked
