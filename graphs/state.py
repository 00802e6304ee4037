"""What travels along the spine.

Only ``parked`` is ever written to a checkpoint, as plain JSON: a decision that waits for a person
must still be readable after the code around it has changed. All else lives for one run.
"""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from langgraph.channels import UntrackedValue

from guardrails import Authorisation, Screened
from rules import RuleVerdict
from signalbox.domain.decision import Decision
from signalbox.domain.prediction import Prediction, Proposal
from signalbox.domain.task import Task


class SpineState(TypedDict, total=False):
    """State of one run; ``parked`` = ``{"task": …, "draft": …, "offered": […]}``."""

    task: Annotated[Task, UntrackedValue]
    epoch: Annotated[int, UntrackedValue]
    timings: Annotated[dict[str, float], UntrackedValue]
    screened: Annotated[Screened, UntrackedValue]
    ruled: Annotated[RuleVerdict, UntrackedValue]
    prediction: Annotated[Prediction | None, UntrackedValue]
    proposal: Annotated[Proposal | None, UntrackedValue]
    consulted: Annotated[str, UntrackedValue]
    guarded: Annotated[RuleVerdict, UntrackedValue]
    draft: Annotated[Decision, UntrackedValue]
    problem: Annotated[str, UntrackedValue]
    authorised: Annotated[Authorisation, UntrackedValue]
    decision: Annotated[Decision, UntrackedValue]
    parked: dict[str, Any]
