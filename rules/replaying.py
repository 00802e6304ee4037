"""Recorded facts through two rule sets: what a new version would have decided differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rules.comparing import Difference, compare
from rules.rule_set import RuleSet


class Occasion(NamedTuple):
    """One set of facts and options that rules were, or could be, asked about."""

    subject: str
    facts: Mapping[str, object]
    options: tuple[str, ...]
    at: str = ""


class Changed(NamedTuple):
    """An occasion on which the two sets part."""

    subject: str
    at: str
    difference: Difference

    def row(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {"subject": self.subject, "at": self.at, **self.difference.row()}


@dataclass(slots=True)
class Replay:
    """What came of it. ``rules`` counts, by name, changed verdicts that a rule had a part in."""

    compared: int = 0
    changed: list[Changed] = field(default_factory=list)
    aspects: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    tighter: int = 0
    laxer: int = 0


def replay(before: RuleSet, after: RuleSet, occasions: Iterable[Occasion]) -> Replay:
    """Ask both sets about every occasion. ``tighter`` and ``laxer`` speak of the guards alone."""
    found = Replay()
    for subject, facts, options, at in occasions:
        found.compared += 1
        was, now = before.evaluate(facts, options), after.evaluate(facts, options)
        difference = compare(was, now)
        if difference is None:
            continue
        found.changed.append(Changed(subject, at, difference))
        found.aspects.update(difference.aspects)
        found.rules.update({one["rule"] for one in difference.because})
        found.tighter += now.guard > was.guard
        found.laxer += now.guard < was.guard
    return found
