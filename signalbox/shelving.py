"""Between rule sets and stored versions: what is kept of a set, and a set from what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from rules import Bundle, RuleSet, load_bundle, read_bundle
from rules.shadowing import Tally
from rules.shelf import Origin
from signalbox.domain.enums import Kind
from signalbox.domain.errors import BadRules
from signalbox.domain.rule_version import RuleVersion, ShadowCount, ShadowDifference
from signalbox.parts import rule_bindings, rule_file
from signalbox.settings import Settings

KIND = Kind.ROUTING.value
ENGINE = "engine"


class Loaded(NamedTuple):
    """A rule set that passed every check, the text it was read from and where that lay."""

    rule_set: RuleSet
    bundle: Bundle
    origin: Origin


def read_own(settings: Settings, kind: str = KIND) -> Bundle:
    """The text that is in force while no version is active: of the settings, else the pack."""
    return read_bundle(rule_file(settings, kind))


def load_own(settings: Settings, bundle: Bundle | None = None, kind: str = KIND) -> Loaded:
    """The rules in force while no version is active. Raises BadRules, TooLarge."""
    bundle = read_own(settings, kind) if bundle is None else bundle
    rule_set = load_bundle(bundle, rule_bindings(settings, kind), kind=kind)
    own = settings.assignment.rules if kind == Kind.ASSIGNMENT.value else settings.rules
    return Loaded(rule_set, bundle, "file" if own else "pack")


def bundle_of(version: RuleVersion) -> Bundle:
    """The text of a stored version."""
    return Bundle(version.file, version.files)


def load_version(version: RuleVersion, bindings: Mapping[str, str]) -> Loaded:
    """A stored version, checked anew. BadRules names it and says what else can be in force."""
    try:
        bundle = bundle_of(version)
        return Loaded(load_bundle(bundle, bindings, kind=version.kind), bundle, "version")
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRules(
            f"the stored text of version {version.short} is damaged: {error!r}",
            hint="restore it from a backup, or activate another version",
        ) from error
    except BadRules as error:
        raise BadRules(
            f"the rules of version {version.short} cannot be used: {error.message}",
            hint=error.hint or "activate another version (`signalbox rules history`)",
        ) from error


def version_of(loaded: Loaded, by: str, note: str, now: datetime) -> RuleVersion:
    """What is stored of a rule set."""
    rule_set, bundle, _ = loaded
    return RuleVersion(
        kind=rule_set.kind,
        digest=rule_set.digest,
        name=rule_set.name,
        label=rule_set.version,
        file=bundle.main,
        files=dict(bundle.files),
        bindings=rule_set.bindings,
        note=note,
        created_by=by,
        created_at=now,
        changed_by=by,
        changed_at=now,
    )


def counted(tally: Tally, kind: str = KIND) -> tuple[ShadowCount, list[ShadowDifference]]:
    """A tally as it is stored."""
    pair = {"kind": kind, "active": tally.active, "shadow": tally.shadow}
    counts = {name: tally.counts[name] for name in tally.counts}
    count = ShadowCount(**pair, **counts, since=tally.since, last=tally.last)
    seen = [
        ShadowDifference(**pair, subject=one.subject, at=one.at, **one.difference._asdict())
        for one in tally.seen
    ]
    return count, seen
