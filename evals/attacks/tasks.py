"""From a bench case to what the product works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.attacks.cases import Case
from evals.attacks.kind import Refunds
from guardrails import screen
from guardrails.redaction import redact
from signalbox.domain.consultation import Consultation
from signalbox.domain.enums import Kind
from signalbox.domain.task import Task


def task_of(case: Case) -> Task:
    """The task as it is posted."""
    return Task(
        id=case.id, text=case.text, attributes=dict(case.attributes), requester=case.requester
    )


def body_of(case: Case, deadline_ms: float) -> dict[str, Any]:
    """The request body that posts it."""
    return {
        "id": case.id,
        "text": case.text,
        "attributes": case.attributes,
        "requester": case.requester,
        "deadline_ms": deadline_ms,
    }


def consultation_of(case: Case, offered: Sequence[str]) -> Consultation:
    """What a model outside would be asked, redacted as the engine does."""
    task = task_of(case)
    brief = Refunds.brief
    refunds = case.claim is not None
    return Consultation(
        kind=Kind.DECISION if refunds else Kind.ROUTING,
        tenant=task.tenant,
        subject=task.id,
        question=brief.question if refunds else "",
        criteria=brief.criteria if refunds else (),
        excerpt=screen(task).excerpt,
        attributes={redact(k).text: redact(v).text for k, v in task.attributes.items()},
        offered=tuple(offered),
    )
