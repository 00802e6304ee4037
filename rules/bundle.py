"""The text of a rule set with everything it takes in: what is stored, digested and loaded whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rules.loader import parse_rules
from rules.rule_set import RuleSet
from rules.source import read_text
from signalbox.domain.base import digest_of


class Bundle(NamedTuple):
    """``main`` names the rule file among ``files``, a mapping of names to texts."""

    main: str
    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """sha256 of the exact text, unlike the digest of the rules it means."""
        return digest_of([self.main, dict(self.files)])


def read_bundle(path: str | Path) -> Bundle:
    """The rule file at ``path`` as it lies there. BadRules when it cannot be read, or TooLarge."""
    place = Path(path)
    return Bundle(place.name, {place.name: read_text(place)})


def load_bundle(
    bundle: Bundle, bindings: Mapping[str, str] | None = None, *, kind: str = ""
) -> RuleSet:
    """The rule set of ``bundle``: parsed, checked, its cases run. Raises as ``load_rules``."""
    return parse_rules(bundle.files[bundle.main], file=bundle.main, bindings=bindings, kind=kind)
