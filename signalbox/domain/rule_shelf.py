"""Port: where versions of rule sets are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from signalbox.domain.rule_version import (
    RecordedFacts,
    RuleChange,
    RuleVersion,
    ShadowCount,
    ShadowDifference,
    Standing,
)


class RuleVersions(Protocol):
    """Stored rule sets of every kind. Each method is one transaction and safe to repeat."""

    def store(self, version: RuleVersion, *, told: bool = True) -> RuleVersion:
        """Keep it as a draft, or return what is kept under its digest; ``told``: as an event.

        The text of a draft is replaced: the same digest means the same rules, so only cases,
        comments and layout can differ.
        """

    def find(self, kind: str, digest: str) -> RuleVersion:
        """By digest or its beginning. NotFound; BadInput when several begin so."""

    def standing(self, kind: str) -> Standing:
        """Which version is active and which in shadow; a small read."""

    def newest(self, kind: str, limit: int) -> list[RuleVersion]:
        """Newest change first."""

    def activate(
        self,
        version: RuleVersion,
        *,
        instead_of: str | None,
        by: str,
        note: str,
        now: datetime,
        back: bool = False,
    ) -> RuleVersion:
        """Put it in force and retire the one before, together with the events of both.

        The one before becomes what a rollback returns to, unless this is one (``back``): then
        that stays what it was, so that rolling back again goes further back.

        Conflict unless ``instead_of`` (None: no version at all) is what is active until now. One
        that is active already stays so, and nothing is recorded.
        """

    def shadow(self, version: RuleVersion, *, by: str, note: str, now: datetime) -> RuleVersion:
        """Evaluate it beside the active one from now on; the shadow before is a draft again.

        Conflict when it is the active version.
        """

    def unshadow(self, kind: str, *, by: str, note: str, now: datetime) -> RuleVersion | None:
        """End the shadow; what it was, now a draft again."""

    def retire(
        self, kind: str, *, instead_of: str, by: str, note: str, now: datetime
    ) -> RuleVersion:
        """Take the active version out of force and put none in its place. Conflict as above."""

    def changes(self, kind: str, limit: int) -> list[RuleChange]:
        """Newest first."""

    def count_shadow(
        self, count: ShadowCount, differences: Sequence[ShadowDifference], keep: int
    ) -> None:
        """Add to the counts of a pair of versions; of all differences the newest ``keep`` stay."""

    def shadow_counts(self, kind: str) -> list[ShadowCount]:
        """Of every pair of versions, the pair last seen first."""

    def differences(self, kind: str, limit: int) -> list[ShadowDifference]:
        """Newest first."""

    def recorded(self, kind: str, since: datetime | None, limit: int) -> list[RecordedFacts]:
        """Facts of the newest ``limit`` decisions from ``since`` on, oldest first."""
