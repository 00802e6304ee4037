"""Keeps the rules in force up to date while the engine runs, and never lets go of good ones.

Every few seconds it looks at the rule file and at which version is active and which in shadow. What
is new is loaded, linted and put through its cases first; where that fails the rules in force stay,
and the problem is shown until it is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from graphs.lanes import Lane
from rules import Held, Shadow, Shelf, unknown_options
from rules.shadowing import KEPT
from signalbox.domain.errors import SignalboxError, Unavailable
from signalbox.domain.rule_shelf import RuleVersions
from signalbox.domain.rule_version import Standing
from signalbox.own_rules import OwnRules
from signalbox.parts import rule_bindings
from signalbox.settings import Settings
from signalbox.shelving import (
    ENGINE,
    Loaded,
    counted,
    load_version,
    version_of,
)

log = logging.getLogger("signalbox.rules")

FILE_PATIENCE_S = 5.0


class RuleKeeper:
    """The shelf of one engine and what is done to it. ``look`` runs one round."""

    def __init__(
        self,
        own: OwnRules,
        settings: Settings,
        versions: RuleVersions,
        writes: Lane,
        clock: Callable[[], datetime],
    ) -> None:
        """Take what should be in force: the active version, else the rules of ``own``.

        Raises BadRules when the active version cannot be used: there is nothing to go on with.
        """
        self._own, self._versions = own, versions
        self._bindings = rule_bindings(settings, own.kind)
        self._writes, self._clock = writes, clock
        self._loaded: dict[str, Loaded] = {}
        self._refused: dict[str, str] = {}
        self._remembered: set[str] = set()
        self._turn = asyncio.Lock()
        self._looking: asyncio.Task[object] | None = None
        self._slow = False
        self._hurried: asyncio.Task[object] | None = None
        self.refused = 0
        self.teams: Callable[[], Sequence[str]] = tuple
        self._kind = own.kind
        standing = versions.standing(self._kind)
        active = own.loaded
        if standing.active is not None:
            active = self._loaded[standing.active] = self._load(standing.active)
        self._remember(active)
        # Of the rules in force and those before, which decisions under way were made by.
        self._stands: dict[str, str | None] = {active.rule_set.digest: standing.active}
        self.shelf = Shelf(Held(active.rule_set, active.origin, self._shadow(standing, None)))

    async def look(self) -> bool:
        """Look once at file and ledger; whether other rules came into force."""
        async with self._turn:
            before = self.shelf.held
            await self._look_at_file()
            held = await asyncio.to_thread(self._next, before)
            self.shelf.put(held)
            if before.shadow is not None:
                # Also of one that has just ended: it was asked until this moment.
                await self._keep_counts(before.shadow)
        if held.active is before.active:
            return False
        log.info("rules %s (%s) are in force", held.active.digest[:12], held.origin)
        self.warn()
        return True

    def stands_for(self, digest: str) -> frozenset[str | None]:
        """The versions in the ledger that rules of ``digest`` stand for; None: for none active.

        A set that is bound to other options here has another digest than the version it is of.
        """
        return frozenset({digest, self._stands.get(digest, digest)})

    def hurry(self) -> None:
        """Look now and not at the next round."""
        if self._hurried is None or self._hurried.done():
            self._hurried = asyncio.create_task(self.look())

    def warn(self) -> None:
        """Tell of rules that name options which nobody knows."""
        for sentence in unknown_options(self.shelf.held.active.definition, self.teams()):
            log.warning("%s", sentence)

    async def close(self) -> None:
        """Keep what the shadow counted since the last round."""
        if self.shelf.held.shadow is not None:
            await self._keep_counts(self.shelf.held.shadow)

    def report(self) -> dict[str, Any]:
        """For ``/readyz`` and ``GET /v1/rules``: what is in force, from where, and what is not."""
        held = self.shelf.held
        slow = "the rule file is still being looked at" if self._slow else ""
        problems = [slow, self._own.problem, *self._refused.values()]
        return {
            "name": held.active.name,
            "version": held.active.version,
            "digest": held.active.digest,
            "from": held.origin,
            "disagreements": self.shelf.disagreements,
            "shadow": held.shadow.rule_set.digest if held.shadow else None,
            "problem": "; ".join(filter(None, problems)),
            "refused": self._own.refused + self.refused,
            "swaps": self.shelf.swaps,
        }

    async def _look_at_file(self) -> None:
        """Look at the rule file, and go on without it where that takes long: what operators have
        activated must not wait behind a file."""
        if self._looking is None:
            self._looking = asyncio.create_task(asyncio.to_thread(self._own.look))
        done, _ = await asyncio.wait({self._looking}, timeout=FILE_PATIENCE_S)
        self._slow = not done
        if done:
            self._looking = None

    def _next(self, before: Held) -> Held:
        """What should be on the shelf now, as far as it is sound. Runs in a thread."""
        try:
            standing = self._versions.standing(self._kind)
            in_use = (standing.active, standing.shadow)
            self._loaded = {name: one for name, one in self._loaded.items() if name in in_use}
            self._refused = {name: why for name, why in self._refused.items() if name in in_use}
            active = self._own.loaded if standing.active is None else self._try(standing.active)
            if active is not None:
                self._remember(active)
                stands = {active.rule_set.digest: standing.active}
                self._stands = {
                    name: of for name, of in self._stands.items() if name == before.active.digest
                } | stands
            shadow = self._shadow(standing, before.shadow)
        except Unavailable as error:
            log.debug("the ledger does not say which rules are active: %s", error)
            return before
        if active is None:
            return Held(before.active, before.origin, shadow)
        return Held(active.rule_set, active.origin, shadow)

    def _shadow(self, standing: Standing, before: Shadow | None) -> Shadow | None:
        loaded = None if standing.shadow is None else self._try(standing.shadow)
        if loaded is None:
            return None
        if before is not None and before.rule_set is loaded.rule_set:
            return before
        self._remember(loaded)
        return Shadow(loaded.rule_set)

    def _try(self, digest: str) -> Loaded | None:
        """The stored version, loaded once; None, with the problem noted, where it is not sound."""
        if digest not in self._loaded and digest not in self._refused:
            try:
                self._loaded[digest] = self._load(digest)
            except Unavailable:
                raise
            except Exception as error:
                # Whatever it is: what is unsound must not keep the next round from coming.
                self._refused[digest] = _told(error)
                self.refused += 1
                log.warning(
                    "a version is not taken, the rules before it stay: %s", self._refused[digest]
                )
        return self._loaded.get(digest)

    def _load(self, digest: str) -> Loaded:
        return load_version(self._versions.find(self._kind, digest), self._bindings)

    def _remember(self, loaded: Loaded) -> None:
        """Store the text before it decides anything, so that its digest can always be explained.

        A version that is bound to other options here than where it was stored has another digest.
        """
        digest = loaded.rule_set.digest
        if digest not in self._remembered:
            note = f"as an engine took it from {loaded.bundle.main}"
            version = version_of(loaded, ENGINE, note, self._clock())
            # Nobody changed anything, so nobody needs to hear of it.
            self._versions.store(version, told=False)
            self._remembered.add(digest)

    async def _keep_counts(self, shadow: Shadow) -> None:
        tallies = shadow.drain()
        while tallies:
            count, seen = counted(tallies[0], self._kind)
            try:
                await self._writes.run(self._versions.count_shadow, count, seen, KEPT)
            except SignalboxError as error:
                log.debug("what the shadow counted is kept for the next round: %s", error)
                shadow.restore(tallies)
                return
            del tallies[0]


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, SignalboxError) else f"cannot be used: {error!r}"
