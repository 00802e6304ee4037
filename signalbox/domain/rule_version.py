"""A stored version of a rule set, what became of it, and what it would have changed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from signalbox.domain.base import Identifier, Moment, Name, Value


class RuleState(StrEnum):
    """Life of a version. Of one kind at most one is ``active`` and at most one in ``shadow``."""

    DRAFT = "draft"
    SHADOW = "shadow"
    ACTIVE = "active"
    RETIRED = "retired"


class RuleVersion(Value):
    """The whole text of one rule set under the digest that decisions carry.

    ``files`` holds ``file`` and every table it takes in, by name; ``bindings`` is what its
    ``$names`` stood for, which the digest covers. ``replaced`` is the version that was active
    before this one became so: what a rollback returns to.
    """

    kind: Identifier
    digest: Identifier
    name: Name
    label: Name = Field(description="what the author wrote under `version:`")
    state: RuleState = RuleState.DRAFT
    file: Name
    files: dict[str, str]
    bindings: dict[str, str] = Field(default_factory=dict)
    note: str = ""
    created_by: Name
    created_at: Moment
    changed_by: Name
    changed_at: Moment
    replaced: str | None = None

    @property
    def short(self) -> str:
        """As people see it."""
        return self.digest[:12]


class RuleChange(Value):
    """One change of state; ``was`` is None when the version was stored."""

    id: int | None = None
    kind: Identifier
    digest: Identifier
    was: RuleState | None
    state: RuleState
    actor: Name
    note: str = ""
    at: Moment


class Standing(Value):
    """The digests of the active version and of the one in shadow; None where there is none."""

    active: str | None = None
    shadow: str | None = None


class ShadowCount(Value):
    """How often a shadow was evaluated beside the rules in force, and how often they differed.

    ``guard``, ``forced``, ``allowed`` and ``fallback`` count verdicts that differ in that respect,
    one verdict perhaps in several. ``failed`` are evaluations of the shadow that broke.
    """

    kind: Identifier
    active: Identifier
    shadow: Identifier
    compared: int = 0
    differing: int = 0
    failed: int = 0
    guard: int = 0
    forced: int = 0
    allowed: int = 0
    fallback: int = 0
    since: Moment
    last: Moment


class ShadowDifference(Value):
    """One decision about which the shadow would have said something else."""

    id: int | None = None
    kind: Identifier
    active: Identifier
    shadow: Identifier
    subject: Identifier
    aspects: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    because: tuple[dict[str, Any], ...] = ()
    at: Moment


class RecordedFacts(Value):
    """What the rules were told about one recorded decision, and what they then left to choose."""

    subject: Identifier
    facts: dict[str, Any]
    offered: tuple[str, ...]
    digest: str = ""
    model_version: str = ""
    at: Moment
