"""Values the tests put into a ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from signalbox.domain.approval import Approval
from signalbox.domain.decision import Decision, RuleNote, Trace, action_digest, decision_id
from signalbox.domain.enums import DecisionStatus, Source
from signalbox.domain.prediction import ScoredOption
from signalbox.domain.task import Task

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
TRACE = Trace(
    offered=("cards", "loans"),
    ranked=(
        ScoredOption(option="cards", probability=0.1 + 0.2),
        ScoredOption(option="loans", probability=1 / 3),
    ),
    rules=(RuleNote(rule="vip", effect="force", why="naïve \u0000 “quoted”"),),
    facts={"amount": 1e-7, "vip": True, "none": None},
    timings_ms={"predict": 1.25},
)


def a_task(task_id: str = "T-1", tenant: str = "default", text: str = "card is lost") -> Task:
    return Task(
        id=task_id,
        tenant=tenant,
        text=text,
        attributes={"channel": "mail"},
        requester="ann",
        received_at=NOON,
    )


def a_decision(
    subject: str = "T-1",
    tenant: str = "default",
    epoch: int = 1,
    option: str | None = "cards",
    status: DecisionStatus = DecisionStatus.DECIDED,
    minutes: float = 0,
) -> Decision:
    return Decision(
        id=decision_id(tenant, "routing", subject, epoch),
        tenant=tenant,
        subject=subject,
        epoch=epoch,
        status=status,
        option=option,
        proposed="cards",
        source=Source.MODEL,
        confidence=0.1 + 0.2,
        reason="because",
        trace=TRACE,
        decided_at=NOON + timedelta(minutes=minutes),
    )


def an_approval(
    subject: str = "T-1", tenant: str = "default", epoch: int = 1, minutes: float = 0
) -> Approval:
    draft = a_decision(subject, tenant, epoch)
    return Approval(
        id=f"apr-{subject}-{epoch}",
        tenant=tenant,
        decision_id=draft.id,
        subject=subject,
        epoch=epoch,
        draft=draft,
        digest=action_digest(draft),
        interrupt="int-1",
        thread="thread-1",
        requester="ann",
        reason="not sure enough",
        created_at=NOON + timedelta(minutes=minutes),
        expires_at=NOON + timedelta(minutes=minutes + 60),
    )
