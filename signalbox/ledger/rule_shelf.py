"""Rule versions on SQL: every method one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from signalbox.domain.erasure import ERASED_TEXT
from signalbox.domain.errors import Conflict
from signalbox.domain.rule_version import (
    RecordedFacts,
    RuleChange,
    RuleState,
    RuleVersion,
    ShadowCount,
    ShadowDifference,
    Standing,
)
from signalbox.ledger import outbox, rule_shadows, rule_versions
from signalbox.ledger.database import Database
from signalbox.ledger.tables import decisions


class SqlRuleVersions:
    """``signalbox.domain.rule_shelf.RuleVersions`` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, version: RuleVersion, *, told: bool = True) -> RuleVersion:
        """Keep it as a draft, or return what is kept under its digest; ``told``: as an event."""
        with self._database.write() as connection:
            rule_versions.lock(connection)
            stored, new = rule_versions.store(connection, version)
            if new and told:
                drafted = rule_versions.event(stored, "rules.drafted", None)
                outbox.append(connection, drafted)
        return stored

    def find(self, kind: str, digest: str) -> RuleVersion:
        """By digest or its beginning. NotFound, BadInput."""
        with self._database.read() as connection:
            return rule_versions.find(connection, kind, digest)

    def standing(self, kind: str) -> Standing:
        """Which version is active and which in shadow."""
        with self._database.read() as connection:
            return rule_versions.standing(connection, kind)

    def newest(self, kind: str, limit: int) -> list[RuleVersion]:
        """Newest change first."""
        with self._database.read() as connection:
            return rule_versions.newest(connection, kind, limit)

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
        """Put it in force in place of ``instead_of``; Conflict when that is not what is."""
        with self._database.write() as connection:
            rule_versions.lock(connection)
            active = rule_versions.in_state(connection, version.kind, RuleState.ACTIVE)
            if active is not None and active.digest == version.digest:
                return active
            rule_versions.expect(active, instead_of)
            present = rule_versions.find(connection, version.kind, version.digest)
            events = []
            if active is not None:
                retired = f"replaced by {version.short}"
                _, gone = rule_versions.move(
                    connection, active, RuleState.RETIRED, by=by, note=retired, now=now
                )
                events.append(gone)
            moved, begun = rule_versions.move(
                connection,
                present,
                RuleState.ACTIVE,
                by=by,
                note=note,
                now=now,
                replaced=present.replaced if back else instead_of,
            )
            for one in (*events, begun):
                outbox.append(connection, one)
        return moved

    def shadow(self, version: RuleVersion, *, by: str, note: str, now: datetime) -> RuleVersion:
        """Evaluate it beside the active one; the shadow before is a draft again."""
        with self._database.write() as connection:
            rule_versions.lock(connection)
            present = rule_versions.find(connection, version.kind, version.digest)
            if present.state is RuleState.ACTIVE:
                raise Conflict(
                    f"version {present.short} is active already",
                    hint="nothing would differ from itself; shadow another version",
                )
            if present.state is RuleState.SHADOW:
                return present
            before = rule_versions.in_state(connection, version.kind, RuleState.SHADOW)
            events = []
            if before is not None:
                _, ended = rule_versions.move(
                    connection, before, RuleState.DRAFT, by=by, note=before.note, now=now
                )
                events.append(ended)
            moved, begun = rule_versions.move(
                connection, present, RuleState.SHADOW, by=by, note=note, now=now
            )
            for one in (*events, begun):
                outbox.append(connection, one)
        return moved

    def unshadow(self, kind: str, *, by: str, note: str, now: datetime) -> RuleVersion | None:
        """End the shadow; what it was, now a draft again."""
        with self._database.write() as connection:
            rule_versions.lock(connection)
            before = rule_versions.in_state(connection, kind, RuleState.SHADOW)
            if before is None:
                return None
            moved, ended = rule_versions.move(
                connection, before, RuleState.DRAFT, by=by, note=note, now=now
            )
            outbox.append(connection, ended)
        return moved

    def retire(
        self, kind: str, *, instead_of: str, by: str, note: str, now: datetime
    ) -> RuleVersion:
        """Take the active version out of force and put none in its place."""
        with self._database.write() as connection:
            rule_versions.lock(connection)
            active = rule_versions.in_state(connection, kind, RuleState.ACTIVE)
            rule_versions.expect(active, instead_of)
            assert active is not None
            moved, gone = rule_versions.move(
                connection, active, RuleState.RETIRED, by=by, note=note, now=now
            )
            outbox.append(connection, gone)
        return moved

    def changes(self, kind: str, limit: int) -> list[RuleChange]:
        """Newest first."""
        with self._database.read() as connection:
            return rule_versions.changes(connection, kind, limit)

    def count_shadow(
        self, count: ShadowCount, differences: Sequence[ShadowDifference], keep: int
    ) -> None:
        """Add to the counts of a pair of versions; the newest ``keep`` differences stay."""
        with self._database.write() as connection:
            rule_shadows.add(connection, count)
            rule_shadows.keep(connection, differences, keep)

    def shadow_counts(self, kind: str) -> list[ShadowCount]:
        """The pair last seen first."""
        with self._database.read() as connection:
            return rule_shadows.counts(connection, kind)

    def differences(self, kind: str, limit: int) -> list[ShadowDifference]:
        """Newest first."""
        with self._database.read() as connection:
            return rule_shadows.differences(connection, kind, limit)

    def recorded(self, kind: str, since: datetime | None, limit: int) -> list[RecordedFacts]:
        """Facts of the newest ``limit`` decisions from ``since`` on, oldest first."""
        query = (
            select(decisions.c.subject, decisions.c.trace, decisions.c.decided_at)
            .where(decisions.c.kind == kind, decisions.c.reason != ERASED_TEXT)
            .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
            .limit(limit)
        )
        if since is not None:
            query = query.where(decisions.c.decided_at >= since)
        # Whole traces, a few at a time: PostgreSQL takes no part of a JSON text that holds a NUL.
        with self._database.read() as connection:
            rows = connection.execution_options(yield_per=200).execute(query)
            found = [_facts(row.subject, row.trace, row.decided_at) for row in rows]
        return found[::-1]


def _facts(subject: str, trace: Mapping[str, Any], at: datetime) -> RecordedFacts:
    return RecordedFacts(
        subject=subject,
        facts=trace.get("facts", {}),
        offered=tuple(trace.get("offered", ())),
        digest=trace.get("rules_digest", ""),
        model_version=trace.get("model_version", ""),
        at=at,
    )
