"""Rows of rule versions: stored once, then moved from state to state, every move recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from signalbox.domain.autonomy import RULES, Held
from signalbox.domain.errors import BadInput, Conflict, NotFound
from signalbox.domain.limits import UnderRules
from signalbox.domain.outcome import Event
from signalbox.domain.rule_version import RuleChange, RuleState, RuleVersion, Standing
from signalbox.ledger.locks import Lock, take
from signalbox.ledger.rule_tables import rule_changes, rule_versions
from signalbox.ledger.upsert import insert_once


def lock(connection: Connection) -> None:
    """One change of versions at a time."""
    take(connection, Lock.RULE_VERSIONS)


def store(connection: Connection, version: RuleVersion) -> tuple[RuleVersion, bool]:
    """Insert as a draft, or find what is there; (stored, whether it was new)."""
    draft = version.model_copy(update={"state": RuleState.DRAFT, "replaced": None})
    if insert_once(connection, rule_versions, draft.model_dump()):
        _record(connection, draft, None)
        return draft, True
    found = get(connection, version.kind, version.digest)
    assert found is not None
    if found.state is RuleState.DRAFT and found.files != version.files:
        text_of = {"file": version.file, "files": version.files}
        _set(connection, found, text_of)
        found = found.model_copy(update=text_of)
    return found, False


def get(connection: Connection, kind: str, digest: str) -> RuleVersion | None:
    """The version of exactly that digest."""
    key = (rule_versions.c.kind == kind, rule_versions.c.digest == digest)
    row = connection.execute(select(rule_versions).where(*key)).first()
    return None if row is None else _version(row)


def find(connection: Connection, kind: str, digest: str) -> RuleVersion:
    """By digest or its beginning. NotFound; BadInput when several begin so."""
    begins = rule_versions.c.digest.startswith(digest, autoescape=True)
    query = select(rule_versions).where(rule_versions.c.kind == kind, begins).limit(2)
    found = [_version(row) for row in connection.execute(query)]
    if not found:
        raise NotFound(
            f"no stored version of the {kind} rules has the digest '{digest[:64]}'",
            hint="`signalbox rules history` lists them",
        )
    if len(found) > 1:
        raise BadInput(f"several versions begin with '{digest}'", hint="give more of the digest")
    return found[0]


def standing(connection: Connection, kind: str) -> Standing:
    """The digests in force and in shadow."""
    in_use = rule_versions.c.state.in_((RuleState.ACTIVE.value, RuleState.SHADOW.value))
    query = select(rule_versions.c.state, rule_versions.c.digest).where(
        rule_versions.c.kind == kind, in_use
    )
    return Standing(**{row.state: row.digest for row in connection.execute(query)})


def check(connection: Connection, under: UnderRules | None) -> None:
    """Held where another version is active than one of those ``under``.

    The row is shared until the transaction ends, so that whoever activates another version knows
    that nothing is committed under this one any more.
    """
    if under is None:
        return
    active = select(rule_versions.c.digest).where(
        rule_versions.c.kind == under.kind, rule_versions.c.state == RuleState.ACTIVE.value
    )
    found = connection.scalar(active.with_for_update(read=True))
    if found not in under.digests:
        now = f"version {found[:12]} is" if found else "no version is any more"
        raise Held(
            RULES,
            f"other rules are in force than those it was decided under: {now} active",
            hint="every engine takes them up within seconds",
        )


def newest(connection: Connection, kind: str, limit: int) -> list[RuleVersion]:
    """Newest change first."""
    query = (
        select(rule_versions)
        .where(rule_versions.c.kind == kind)
        .order_by(rule_versions.c.changed_at.desc(), rule_versions.c.digest)
        .limit(limit)
    )
    return [_version(row) for row in connection.execute(query)]


def in_state(connection: Connection, kind: str, state: RuleState) -> RuleVersion | None:
    """The one version in ``state``, of states that only one can be in."""
    query = select(rule_versions).where(
        rule_versions.c.kind == kind, rule_versions.c.state == state.value
    )
    row = connection.execute(query).first()
    return None if row is None else _version(row)


def expect(active: RuleVersion | None, instead_of: str | None) -> None:
    """Conflict unless ``active`` is what the caller thinks it is."""
    if (active.digest if active else None) == instead_of:
        return
    now = (
        f"version {active.short} is, by {active.changed_by!r} since {active.changed_at:%F %T} UTC"
        if active
        else "none is"
    )
    raise Conflict(
        f"another version of the rules was active when you looked; now {now}",
        hint="look at `signalbox rules status` and diff again before you decide",
    )


def move(
    connection: Connection,
    version: RuleVersion,
    state: RuleState,
    *,
    by: str,
    note: str,
    now: datetime,
    replaced: str | None = None,
) -> tuple[RuleVersion, Event]:
    """Set the state; the version as it is now, and the event to append last."""
    fields: dict[str, object] = {"state": state, "changed_by": by, "changed_at": now, "note": note}
    if state is RuleState.ACTIVE:
        fields["replaced"] = replaced
    moved = version.model_copy(update=fields)
    _set(connection, version, {**fields, "state": state.value})
    _record(connection, moved, version.state)
    verbs = {
        RuleState.ACTIVE: "activated",
        RuleState.SHADOW: "shadowed",
        RuleState.RETIRED: "retired",
        RuleState.DRAFT: "unshadowed",
    }
    return moved, event(moved, f"rules.{verbs[state]}", version.state)


def event(version: RuleVersion, kind: str, was: RuleState | None) -> Event:
    """What others hear of a change: everything but the text."""
    data = version.model_dump(mode="json", include={"kind", "digest", "name", "label", "replaced"})
    told = {"was": was and was.value, "by": version.changed_by, "note": version.note}
    return Event(type=kind, subject=version.digest, data=data | told, created_at=version.changed_at)


def changes(connection: Connection, kind: str, limit: int) -> list[RuleChange]:
    """Newest first."""
    query = (
        select(rule_changes)
        .where(rule_changes.c.kind == kind)
        .order_by(rule_changes.c.id.desc())
        .limit(limit)
    )
    return [RuleChange.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def _set(connection: Connection, version: RuleVersion, fields: Mapping[str, object]) -> None:
    connection.execute(
        update(rule_versions)
        .where(rule_versions.c.kind == version.kind, rule_versions.c.digest == version.digest)
        .values(**fields)
    )


def _record(connection: Connection, version: RuleVersion, was: RuleState | None) -> None:
    connection.execute(
        insert(rule_changes),
        {
            "kind": version.kind,
            "digest": version.digest,
            "was": was and was.value,
            "state": version.state.value,
            "actor": version.changed_by,
            "note": version.note,
            "at": version.changed_at,
        },
    )


def _version(row: Row[tuple[object, ...]]) -> RuleVersion:
    return RuleVersion.model_validate(dict(row._mapping))
