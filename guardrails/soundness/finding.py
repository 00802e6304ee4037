"""What is wrong with a plan, and what that makes of it."""

from __future__ import annotations

from enum import StrEnum

from signalbox.domain.base import Value
from signalbox.domain.enums import Verdict
from signalbox.domain.template import Template


class Code(StrEnum):
    """Every fault a plan can have; stable, safe to match on."""

    ARITY = "arity"
    UNREACHABLE = "unreachable"
    NO_WAY_OUT = "no_way_out"
    UNBOUNDED_LOOP = "unbounded_loop"
    DEADLOCK = "deadlock"
    NOT_SYNCHRONISED = "not_synchronised"
    LEFT_BEHIND = "left_behind"
    DEAD = "dead"
    TOO_COMPLEX = "too_complex"
    TOO_LARGE = "too_large"
    NOT_OFFERED = "not_offered"
    DOES_NOT_APPLY = "does_not_apply"
    EXECUTED = "executed"
    HISTORY = "history"
    TOO_LATE = "too_late"
    MANDATORY_REMOVED = "mandatory_removed"
    MANDATORY_BYPASSED = "mandatory_bypassed"
    MANDATORY_DUPLICATED = "mandatory_duplicated"
    NEEDS = "needs"
    DUTIES_SHARED = "duties_shared"
    DUTIES_REMOVED = "duties_removed"
    ORDER = "order"

    @property
    def verdict(self) -> Verdict:
        """A changed order is for a person to judge; all else is refused."""
        return Verdict.REQUIRE_APPROVAL if self is Code.ORDER else Verdict.DENY


class Finding(Value):
    """One fault: ``ids`` are the activities and gateways concerned, ``fix`` what to do about it."""

    code: Code
    ids: tuple[str, ...] = ()
    message: str
    fix: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.code.verdict


class Soundness(Value):
    """The findings, and the plan they are about.

    ``plan`` is the edited template; None where the edits do not apply. ``markings`` is how many
    states were looked at: 1 where the plan is made of nested blocks alone.
    """

    findings: tuple[Finding, ...] = ()
    plan: Template | None = None
    markings: int = 0

    @property
    def verdict(self) -> Verdict:
        """The most restrictive of all findings, so that one more can never relax it."""
        return max((finding.verdict for finding in self.findings), default=Verdict.ALLOW)

    @property
    def reason(self) -> str:
        """Why it is not simply allowed; empty when it is."""
        return "; ".join(f.message for f in self.findings if f.verdict is self.verdict)


def listed(ids: tuple[str, ...], nothing: str = "the start", most: int = 5) -> str:
    """The first few ids in quotes, for a message; ``nothing`` where there are none."""
    shown = ", ".join(f"'{name}'" for name in ids[:most])
    return f"{shown} and {len(ids) - most} more" if len(ids) > most else shown or nothing
