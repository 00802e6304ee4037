"""What travels along the spine.

Only ``parked`` is ever written to a checkpoint, as plain JSON: a decision that waits for a person
must still be readable after the code around it has changed. All else lives for one run.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypedDict

from langgraph.channels import UntrackedValue

from guardrails import Authorisation, Screened
from rules import RuleVerdict
from signalbox.domain.consultation import Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task


class SpineState(TypedDict, total=False):
    """State of one run; ``parked`` = ``{"task": …, "draft": …}``.

    ``decide_by`` is the moment on the event loop's clock until which a language model may be
    waited for; without it nobody waits. ``awaited`` is its answer where it comes later; ``given``
    that answer, on the run that it leads to, and ``standing`` the option that run may replace.
    ``over``: committing it would have gone beyond a day's limit.
    """

    task: Annotated[Task, UntrackedValue]
    epoch: Annotated[int, UntrackedValue]
    timings: Annotated[dict[str, float], UntrackedValue]
    screened: Annotated[Screened, UntrackedValue]
    ruled: Annotated[RuleVerdict, UntrackedValue]
    prediction: Annotated[Prediction | None, UntrackedValue]
    decide_by: Annotated[float, UntrackedValue]
    given: Annotated[Consulted, UntrackedValue]
    standing: Annotated[str | None, UntrackedValue]
    consulted: Annotated[Consulted, UntrackedValue]
    awaited: Annotated[asyncio.Task[Consulted] | None, UntrackedValue]
    guarded: Annotated[RuleVerdict, UntrackedValue]
    draft: Annotated[Decision, UntrackedValue]
    problem: Annotated[str, UntrackedValue]
    authorised: Annotated[Authorisation, UntrackedValue]
    decision: Annotated[Decision, UntrackedValue]
    over: Annotated[bool, UntrackedValue]
    parked: dict[str, Any]
