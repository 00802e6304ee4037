"""Asking a language model: whether at all, about what, and for how long to wait."""

from __future__ import annotations

import asyncio

from graphs.kind import Parts
from graphs.state import SpineState
from guardrails.redaction import redact
from signalbox.domain.consultation import Consultation, Consulted, Evidence
from signalbox.domain.ports import Consultant

AWAITED = "asked; its answer was not there in time and may lead to a later decision"


def needless(state: SpineState) -> str:
    """Why nobody needs to be asked; "" where somebody does."""
    if state["ruled"].forced is not None:
        return "a rule decided"
    prediction = state["prediction"]
    if prediction is None:
        return "no prediction to go by"
    if prediction.automatic:
        return "certain enough without"
    if not prediction.ranked:
        return "no option is left to propose"
    return ""


def question(state: SpineState, parts: Parts) -> Consultation:
    """The case as a model outside may see it: redacted, with the likeliest options only."""
    task, prediction, ruled = state["task"], state["prediction"], state["ruled"]
    assert prediction is not None
    ranked = prediction.ranked[: parts.candidates]
    fired = [row for row in ruled.explain() if row["outcome"] != "near" and row["why"]]
    return Consultation(
        kind=parts.kind.kind,
        tenant=task.tenant,
        subject=task.id,
        excerpt=state["screened"].excerpt,
        attributes={name: redact(value).text for name, value in task.attributes.items()},
        offered=tuple(one.option for one in ranked),
        ranked=ranked,
        automatic=prediction.threshold,
        evidence=tuple(
            Evidence(id=f"rule:{row['rule']}", text=str(row["why"])) for row in fired[:10]
        ),
    )


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
