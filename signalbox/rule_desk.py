"""The author's desk: what can be done with versions of rules, for the command line to word."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from rules import RuleSet, load_bundle, read_bundle
from rules.replaying import Occasion, Replay, replay
from signalbox.domain.errors import BadInput, Conflict
from signalbox.domain.rule_shelf import RuleVersions
from signalbox.domain.rule_version import RuleState, RuleVersion
from signalbox.parts import rule_bindings
from signalbox.settings import Settings
from signalbox.shelving import (
    ENGINE,
    KIND,
    Loaded,
    load_own,
    load_version,
    version_of,
)

ACTIVE, SHADOW = "active", "shadow"
_DIGEST = re.compile(r"[0-9a-f]{4,64}")
_RECENT = 200


class Named(NamedTuple):
    """What a word on the command line stands for; ``version`` is None for what is not stored."""

    loaded: Loaded
    version: RuleVersion | None = None

    @property
    def rule_set(self) -> RuleSet:
        return self.loaded.rule_set


class RuleDesk:
    """One author at work. Without a ledger (``versions`` is None) only files can be named."""

    def __init__(
        self,
        settings: Settings,
        versions: RuleVersions | None,
        clock: Callable[[], datetime],
        by: str = "",
    ) -> None:
        self._settings, self._stored = settings, versions
        self._clock, self._by = clock, by

    @property
    def versions(self) -> RuleVersions:
        """The stored versions. BadInput where there is no ledger yet."""
        if self._stored is None:
            raise BadInput(
                "there is no database to keep versions in yet",
                hint="start `signalbox serve` once, or name the database with --db",
            )
        return self._stored

    def named(self, word: str) -> Named:
        """A file, the (beginning of a) digest, ``active`` or ``shadow``; loaded and checked.

        ``active`` is the file of the settings, or the pack, while no version is active.
        """
        if word in (ACTIVE, SHADOW):
            return self._in_use(word)
        path = Path(word)
        if path.is_file():
            bundle = read_bundle(path)
            return Named(Loaded(load_bundle(bundle, self._bindings()), bundle, "file"))
        if _DIGEST.fullmatch(word):
            return self._of(self.versions.find(KIND, word))
        raise BadInput(
            f"'{word}' is neither a file, nor a digest, nor 'active' or 'shadow'",
            hint="`signalbox rules history` lists digests",
        )

    def diff(self, old: str, new: str, occasions: list[Occasion]) -> tuple[Named, Named, Replay]:
        """Both through the same facts. BadInput when they are for different kinds."""
        before, after = self.named(old), self.named(new)
        if before.rule_set.kind != after.rule_set.kind:
            raise BadInput(
                f"'{old}' is for the kind '{before.rule_set.kind}' and '{new}' for "
                f"'{after.rule_set.kind}'",
                hint="compare rules that are asked about the same facts",
            )
        return before, after, replay(before.rule_set, after.rule_set, occasions)

    def draft(self, word: str, note: str) -> RuleVersion:
        """Store what is named. BadRules for what an engine would refuse."""
        named = self.named(word)
        if named.version is not None:
            return named.version
        kind = named.rule_set.kind
        if kind != KIND:
            raise BadInput(
                f"{named.loaded.bundle.main}: no engine makes decisions of the kind '{kind}'",
                hint=f"write 'kind: {KIND}'",
            )
        return self.versions.store(version_of(named.loaded, self._by, note, self._clock()))

    def shadow(self, word: str, note: str) -> RuleVersion:
        """Evaluate it beside what is in force."""
        version = self.draft(word, note)
        return self.versions.shadow(version, by=self._by, note=note, now=self._clock())

    def unshadow(self, note: str) -> RuleVersion | None:
        """End the shadow."""
        return self.versions.unshadow(KIND, by=self._by, note=note, now=self._clock())

    def activate(self, word: str, note: str, instead_of: str | None = None) -> RuleVersion:
        """Put it in force in place of what is active now, or of ``instead_of``, where given."""
        active = self.versions.standing(KIND).active
        if instead_of is not None:
            active = self.versions.find(KIND, instead_of).digest
        version = self.draft(word, note)
        return self.versions.activate(
            version, instead_of=active, by=self._by, note=note, now=self._clock()
        )

    def rollback(self, note: str) -> tuple[RuleVersion, RuleVersion | None]:
        """(what was active, what is now): the version before it, else None: the file or pack.

        The version gone back to is checked like any other.
        """
        standing = self.versions.standing(KIND)
        if standing.active is None:
            raise Conflict(
                "no version is active, so there is nothing to go back from",
                hint="what is in force is the file of the settings, or the shipped pack",
            )
        gone = self.versions.find(KIND, standing.active)
        if gone.replaced is None:
            self.versions.retire(
                KIND, instead_of=gone.digest, by=self._by, note=note, now=self._clock()
            )
            return gone, None
        back = self._of(self.versions.find(KIND, gone.replaced)).version
        assert back is not None
        now = self.versions.activate(
            back, instead_of=gone.digest, by=self._by, note=note, now=self._clock(), back=True
        )
        return gone, now

    def copy(self, word: str, folder: Path) -> list[Path]:
        """Write the files of what is named into ``folder``. BadInput where one is there already."""
        bundle = self.named(word).loaded.bundle
        folder.mkdir(parents=True, exist_ok=True)
        places = [folder / Path(name).name for name in bundle.files]
        for place in places:
            if place.exists():
                raise BadInput(f"{place} is there already", hint="name another folder")
        for place, text in zip(places, bundle.files.values(), strict=True):
            place.write_text(text, "utf-8")
        return places

    def status(self, limit: int) -> dict[str, Any]:
        """What is in force and what is tried, as JSON; ``limit`` bounds the differences listed."""
        standing = self.versions.standing(KIND)
        recent = self.versions.newest(KIND, _RECENT)
        counts = [
            count
            for count in self.versions.shadow_counts(KIND)
            if standing.shadow in (None, count.shadow)
        ]
        return {
            "kind": KIND,
            "in_force": self._in_force(standing.active),
            "shadow": standing.shadow and outline(self.versions.find(KIND, standing.shadow)),
            "counts": [count.model_dump(mode="json") for count in counts],
            "differences": [
                one.model_dump(mode="json") for one in self.versions.differences(KIND, limit)
            ],
            # What an engine kept of a file is in force or was; nobody means to bring it there.
            "drafts": [
                outline(one)
                for one in recent
                if one.state is RuleState.DRAFT and one.created_by != ENGINE
            ],
        }

    def tried(self, version: RuleVersion) -> int:
        """On how many decisions it was evaluated in shadow."""
        counts = self.versions.shadow_counts(KIND)
        return sum(count.compared for count in counts if count.shadow == version.digest)

    def _in_force(self, active: str | None) -> dict[str, Any]:
        if active is not None:
            return {"from": "version", **outline(self.versions.find(KIND, active))}
        loaded = load_own(self._settings)
        rule_set = loaded.rule_set
        return {
            "from": loaded.origin,
            "digest": rule_set.digest,
            "name": rule_set.name,
            "version": rule_set.version,
            "file": loaded.bundle.main,
        }

    def _in_use(self, word: str) -> Named:
        digest = None
        if self._stored is not None:
            digest = getattr(self._stored.standing(KIND), word)
        if digest is not None:
            return self._of(self.versions.find(KIND, digest))
        if word == SHADOW:
            raise BadInput("no version is in shadow", hint="`signalbox rules shadow FILE`")
        return Named(load_own(self._settings))

    def _of(self, version: RuleVersion) -> Named:
        bindings = rule_bindings(self._settings) or version.bindings
        return Named(load_version(version, bindings), version)

    def _bindings(self) -> dict[str, str]:
        """Of the settings; where they say nothing, what an engine here bound last."""
        given = rule_bindings(self._settings)
        if given or self._stored is None:
            return given
        for version in self._stored.newest(KIND, _RECENT):
            if version.created_by == ENGINE:
                return version.bindings
        return given


def outline(version: RuleVersion) -> dict[str, Any]:
    """A version as lists show it: without its text."""
    shown = version.model_dump(mode="json", exclude={"files", "label"})
    return {**shown, "version": version.label, "files": list(version.files)}
