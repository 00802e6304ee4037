"""The rule file of the settings, watched: read anew when it has changed and lies still."""

from __future__ import annotations

import logging

from signalbox.domain.enums import Kind
from signalbox.domain.errors import SignalboxError
from signalbox.settings import Settings
from signalbox.shelving import Loaded, load_own, read_own

log = logging.getLogger("signalbox.rules")


class OwnRules:
    """What is in force while no version is active: the file, or the shipped pack.

    ``loaded`` is the last text that passed every check, ``problem`` what is wrong with the present
    one, ``refused`` how many texts were not taken.
    """

    def __init__(self, settings: Settings, kind: Kind = Kind.ROUTING) -> None:
        """Raises BadRules or TooLarge: there is nothing to go on with."""
        self._settings = settings
        self.kind = kind.value
        self.loaded: Loaded = load_own(settings, kind=self.kind)
        self.problem = ""
        self.refused = 0
        self._candidate = self._judged = self.loaded.bundle.fingerprint

    def look(self) -> None:
        """Read the file; where it has changed and lies still, load, lint and run its cases.

        Raises nothing: what operators activate must not wait behind a file, whatever is in it.
        """
        try:
            self._look()
        except Exception as error:
            self._refuse(f"the rule file cannot be read: {error!r}")

    def _look(self) -> None:
        try:
            bundle = read_own(self._settings, self.kind)
        except SignalboxError as error:
            # Its content is not known, so whatever comes next is looked at as new.
            self._judged = ""
            self._refuse(str(error))
            return
        found = bundle.fingerprint
        if found == self._judged:
            return
        if found != self._candidate:
            # Somebody may still be writing, and half a file can be a rule set without its guards.
            self._candidate = found
            return
        self._judged = found
        if found == self.loaded.bundle.fingerprint:
            self.problem = ""
            return
        try:
            self.loaded = load_own(self._settings, bundle, self.kind)
        except SignalboxError as error:
            self._refuse(str(error))
            return
        self.problem = ""

    def _refuse(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        self.refused += 1
        log.warning("the rules on file are not taken, those before stay in force: %s", problem)
