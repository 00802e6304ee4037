"""Closed sets of words used everywhere: one spelling in code, database, API and screen."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Verdict(IntEnum):
    """The guard lattice. Parts combine by ``max``: the most restrictive always wins."""

    ALLOW = 0
    REQUIRE_APPROVAL = 1
    DENY = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class Step(StrEnum):
    """The stations of the spine, in travelling order."""

    SCREEN = "screen"
    RULE = "rule"
    PREDICT = "predict"
    CONSULT = "consult"
    VERIFY = "verify"
    AUTHORISE = "authorise"
    APPROVE = "approve"
    COMMIT = "commit"


class Source(StrEnum):
    """Who chose the option. ``system`` is the engine about an approval: nobody answered it in
    time, or what was approved may no longer be done. ``policy`` chose among options each of which
    is permitted and none of which is wrong, only better or worse."""

    RULE = "rule"
    MODEL = "model"
    AGENT = "agent"
    FALLBACK = "fallback"
    POLICY = "policy"
    PERSON = "person"
    SYSTEM = "system"

    @property
    def after_approval(self) -> bool:
        """Settled an approval, by an answer or for want of one: no choice of the engine's."""
        return self in (Source.PERSON, Source.SYSTEM)


class DecisionStatus(StrEnum):
    """Where a decision stands. All but ``waiting`` are final for their epoch."""

    WAITING = "waiting"
    DECIDED = "decided"
    REJECTED = "rejected"
    RESPONDED = "responded"
    DENIED = "denied"

    @property
    def final(self) -> bool:
        return self is not DecisionStatus.WAITING


class TaskState(StrEnum):
    """Where a task stands as a caller sees it."""

    RECEIVED = "received"
    WAITING = "waiting"
    ROUTED = "routed"
    CLOSED = "closed"


class ApprovalState(StrEnum):
    """Life of an approval. ``answered`` is arbitrated in the ledger, ``settled`` once committed.

    ``superseded``: a later decision about the same subject was committed before anybody answered.
    """

    WAITING = "waiting"
    ANSWERED = "answered"
    SETTLED = "settled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class ApprovalVerb(StrEnum):
    """What a person may answer; the same words in API, graph, screen and audit.

    All but ``escalate`` settle it, alone or with others; that one asks somebody higher up.
    """

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    RESPOND = "respond"
    ESCALATE = "escalate"

    @property
    def decides(self) -> bool:
        """Whether something may come of it without a further answer."""
        return self is not ApprovalVerb.ESCALATE


class AutonomyLevel(StrEnum):
    """How far the engine may go by itself for one kind of decision."""

    OFF = "off"
    SUGGEST = "suggest"
    APPROVE_FIRST = "approve_first"
    AUTOMATIC = "automatic"


class Reversibility(StrEnum):
    """What it takes to undo the effect of a decision."""

    REVERSIBLE = "reversible"
    COSTLY = "costly"
    IRREVERSIBLE = "irreversible"


class RiskClass(StrEnum):
    """How much goes wrong when a decision does. ``top`` takes several people to approve."""

    LOW = "low"
    STANDARD = "standard"
    HIGH = "high"
    TOP = "top"

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return list(RiskClass).index(self)


class Kind(StrEnum):
    """Kinds of decision the engine knows."""

    ROUTING = "routing"
    DECISION = "decision"
    ASSIGNMENT = "assignment"
