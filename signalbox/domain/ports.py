"""Ports: what the engine needs of the outside, as protocols. Wired in the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from signalbox.domain.access import ApiKeys, Sessions
from signalbox.domain.approval import Approval, ApprovalAnswer
from signalbox.domain.assignment import Assignments
from signalbox.domain.audit import Audit
from signalbox.domain.autonomy import AutonomyChange, StoredAutonomy
from signalbox.domain.consultation import Consultation, Consulted
from signalbox.domain.decision import Decision
from signalbox.domain.delegation import Delegations
from signalbox.domain.desks import Desks
from signalbox.domain.enums import ApprovalState, AutonomyLevel, RiskClass, TaskState
from signalbox.domain.erasure import Erasures
from signalbox.domain.figures import LedgerFigures
from signalbox.domain.jobs import Enqueue, Executors
from signalbox.domain.limits import NO_CHECKS, Checks
from signalbox.domain.outcome import Event, Outcome
from signalbox.domain.prediction import Prediction, Proposal
from signalbox.domain.resource import Resources
from signalbox.domain.retention import Pruning
from signalbox.domain.rule_shelf import RuleVersions
from signalbox.domain.task import Task
from signalbox.domain.webhook import Deliveries, Webhooks


class Predictor(Protocol):
    """Calibrated probabilities over the offered options, in milliseconds."""

    @property
    def options(self) -> Sequence[str]:
        """Every option it was learned with."""

    @property
    def version(self) -> str: ...

    @property
    def level(self) -> AutonomyLevel:
        """How far its own record lets it go at present."""

    def predict(self, task: Task, offered: Sequence[str]) -> Prediction: ...

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        """Take in what turned out right; may lower or restore autonomy."""


class Consultant(Protocol):
    """A reasoning model asked for the hard cases only."""

    @property
    def status(self) -> str:
        """Why it has nothing to say, or what it is."""

    async def consult(self, question: Consultation) -> Consulted:
        """A proposal, or why none could be had inside deadline and budget. Never raises."""

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        """Take in what turned out right; may take away or restore the leave to act alone."""

    def report(self) -> dict[str, Any]:
        """JSON-ready, for operators: ``status`` and what it did and may do. May read the ledger."""

    async def aclose(self) -> None:
        """Let go of connections."""


class Idempotent(Protocol):
    """A remembered request: what was answered to a key."""

    @property
    def status(self) -> int | None: ...

    @property
    def body(self) -> str | None: ...


class Budget(Protocol):
    """Money for calls to a language model, by account and UTC day; atomic across processes.

    An account is whatever is billed together, such as a host. Amounts are US dollars, kept to a
    millionth; BadInput for a negative or infinite one, or a time without its offset.
    """

    def reserve(self, account: str, usd: float, limit_usd: float, now: datetime) -> str | None:
        """An id when settled + reserved + ``usd`` <= ``limit_usd`` on that day, else None.

        A reservation that is never settled, because a process died, counts as spent for its day;
        asking again reserves again.
        """

    def settle(self, reservation: str, usd: float) -> None:
        """Record what the call came to, on the day it was reserved; the first settlement stays.

        More than was reserved is recorded as it is, and leaves less for the next. NotFound for a
        reservation that was never made.
        """

    def spent(self, account: str, now: datetime) -> float:
        """Settled and reserved on the UTC day of ``now``."""


class Ledger(Budget, Protocol):
    """The one store of record. Every method is one transaction; all are safe to repeat."""

    enqueue: Enqueue | None
    """Set by the durable runtime: what is owed is then enqueued in the transaction that owes it."""

    @property
    def rule_versions(self) -> RuleVersions: ...

    @property
    def executors(self) -> Executors: ...

    @property
    def audit(self) -> Audit: ...

    @property
    def erasures(self) -> Erasures: ...

    @property
    def pruning(self) -> Pruning: ...

    @property
    def api_keys(self) -> ApiKeys: ...

    @property
    def sessions(self) -> Sessions: ...

    @property
    def desks(self) -> Desks: ...

    @property
    def delegations(self) -> Delegations: ...

    @property
    def webhooks(self) -> Webhooks: ...

    @property
    def deliveries(self) -> Deliveries: ...

    @property
    def figures(self) -> LedgerFigures: ...

    @property
    def resources(self) -> Resources: ...

    @property
    def assignments(self) -> Assignments: ...

    def accept(self, task: Task) -> Task:
        """Store ``task`` or return the one stored under its id. Conflict on other content."""

    def find_task(self, tenant: str, task_id: str) -> tuple[Task, TaskState] | None: ...

    def undecided(self, limit: int = 1000) -> list[Task]:
        """Accepted tasks with neither decision nor waiting approval: to be decided at start-up."""

    def next_epoch(self, tenant: str, subject: str) -> int: ...

    def autonomy(self) -> StoredAutonomy:
        """The switch and the levels that operators set."""

    def set_autonomy(self, order: AutonomyChange, now: datetime) -> StoredAutonomy:
        """Carry out an operator's order, with its event; what is then in force.

        Once it returns, nothing is committed that the switch does not allow.
        """

    def commit(
        self,
        task: Task,
        decision: Decision,
        *,
        upgrade: bool = False,
        checks: Checks = NO_CHECKS,
    ) -> Decision:
        """Task row, decision row and outbox row together; a repeat returns the first decision.

        Settles the approval of the same decision id, if there is one. An ``upgrade``
        supersedes what an earlier epoch decided or left waiting; Conflict where a person was first.
        ``checks`` are taken with it: Held, and nothing is written, where one does not fit.
        """

    def park(self, task: Task, approval: Approval) -> Approval:
        """Task row and approval row together; a repeat returns the first approval."""

    def unsettled_approval(self, tenant: str, subject: str) -> Approval | None:
        """The newest approval about ``subject`` that waits, or whose answer is to be committed."""

    def paused_steps(self) -> dict[str, int]:
        """How many decisions of all tenants are paused at each step of the graph."""
        ...

    def advise(self, approval: Approval, advice: Proposal) -> bool:
        """Put advice beside an approval where it still waits; whether it did."""

    def keep_advice(self, tenant: str, subject: str, advice: Proposal) -> None:
        """Keep a proposal that met a certificate, for its outcome; any other is let go."""

    def find_advice(self, tenant: str, subject: str) -> Proposal | None:
        """The proposal about ``subject`` that met a certificate."""

    def note(self, event: Event) -> None:
        """Append an event that no row of its own goes with."""

    def find_decision(self, tenant: str, decision_id: str) -> Decision | None: ...

    def latest_decision(self, tenant: str, subject: str) -> Decision | None: ...

    def decisions(
        self, tenant: str, *, limit: int, before: str | None, status: str | None
    ) -> list[Decision]:
        """Newest first; ``before`` is the id of the last one of the page before."""

    def find_approval(self, tenant: str, approval_id: str) -> Approval | None: ...

    def approvals(
        self, tenant: str | None, *, state: ApprovalState | None, limit: int
    ) -> list[Approval]:
        """Oldest first; every tenant's when ``tenant`` is None (start-up sweep)."""

    def answer(
        self,
        tenant: str,
        approval_id: str,
        answer: ApprovalAnswer,
        now: datetime,
        *,
        needed: int | None = None,
        risk: RiskClass | None = None,
    ) -> Approval:
        """Arbitrate: the first valid answer wins. NotFound, Forbidden for who may not give it, or
        Conflict for all others.

        An approve or edit is a vote; where ``needed`` different people have not spoken for the same
        option yet, the approval comes back still waiting. ``risk`` is the class of what is answered
        where it may be another than that of the draft: a delegation has to reach so far.
        """

    def overdue(self, now: datetime) -> bool:
        """Whether ``expire`` would find anything; only reads."""
        ...

    def expire(self, now: datetime) -> list[Approval]:
        """Mark what is past its time; returned so that each can be denied."""

    def record_outcome(self, outcome: Outcome) -> tuple[Outcome, bool]:
        """Store it once per subject; (stored, whether it was new). Conflict on another option."""

    def find_outcome(self, tenant: str, subject: str) -> Outcome | None: ...

    def outcomes(
        self, tenant: str | None, limit: int, *, promised: bool = False
    ) -> list[tuple[Decision, Outcome]]:
        """Oldest first among the newest ``limit``: what feedback is rebuilt from at start-up.

        With ``promised`` only those of subjects about which a proposal met a certificate.
        """

    def claim_key(
        self, tenant: str, key: str, digest: str, now: datetime, again: bool = False
    ) -> Idempotent | None:
        """None when the key is new (and now ours), else what it was answered.

        ``again``: whether the first try, as of the same ``now``, got through is not known.
        Conflict when it is in progress, or was used for another request.
        """

    def settle_key(self, tenant: str, key: str, status: int, body: str) -> None: ...

    def release_key(self, tenant: str, key: str) -> None:
        """Forget an unanswered claim, so that the same request can be sent again."""

    def events(self, after: int, limit: int) -> list[Event]: ...

    def outcomes_after(self, place: int, limit: int) -> tuple[list[Event], int]:
        """Outcome events above ``place``, in order, and the place to go on from.

        The place is the outbox's last id where fewer than ``limit`` were found, so that a reader
        need not pass over other events twice. A ``limit`` of 0 tells the last id alone.
        """

    def ping(self) -> None:
        """Raise Unavailable when the store does not answer."""

    def close(self) -> None: ...
