"""The text of a rule set with everything it takes in: what is stored, digested and loaded whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from rules.findings import Findings
from rules.loader import beside, parse_rules
from rules.parser import parse_definition
from rules.rule_set import RuleSet
from rules.source import parse_yaml, read_text
from rules.tables import SUFFIX, alone
from signalbox.domain.base import digest_of
from signalbox.domain.errors import SignalboxError


class Bundle(NamedTuple):
    """``main`` names the rule file among ``files``, a mapping of names to texts."""

    main: str
    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """sha256 of the exact text, unlike the digest of the rules it means."""
        return digest_of([self.main, dict(self.files)])


def read_bundle(path: str | Path) -> Bundle:
    """The rule file at ``path`` and the tables or cases that belong to it, as they lie there.

    BadRules when one cannot be read, or TooLarge. What is wrong in them is told when they are
    loaded, a table that is not there among it.
    """
    place = Path(path)
    text, read = read_text(place), beside(place)
    others = {name: read(name) for name in _named(place.name, text)}
    found = {name: other for name, other in others.items() if other is not None}
    return Bundle(place.name, {place.name: text, **found})


def load_bundle(
    bundle: Bundle, bindings: Mapping[str, str] | None = None, *, kind: str = ""
) -> RuleSet:
    """The rule set of ``bundle``: parsed, checked, its cases run. Raises as ``load_rules``."""
    return parse_rules(
        bundle.files[bundle.main],
        file=bundle.main,
        bindings=bindings,
        kind=kind,
        beside=bundle.files.get,
    )


@lru_cache(maxsize=16)
def _named(file: str, text: str) -> tuple[str, ...]:
    """The files that ``text`` asks for: found by reading it and giving it none of them.

    Remembered, since a watched file is looked at far more often than it changes.
    """
    asked: list[str] = []

    def note(name: str) -> None:
        asked.append(name)

    quiet = Findings(file)
    try:
        if file.endswith(SUFFIX):
            alone(text, note, quiet)
        else:
            parse_definition(parse_yaml(text, file), quiet, note)
    except SignalboxError:
        # Whoever loads it is told; what it would have taken in is not to be known.
        return ()
    return tuple(dict.fromkeys(asked))
