"""The rule set in force, which may be exchanged while decisions are being made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rules.rule_set import RuleSet
from rules.shadowing import Shadow
from rules.verdict import RuleVerdict

Origin = Literal["pack", "file", "version"]


@dataclass(frozen=True, slots=True)
class Held:
    """What is on the shelf: the rules in force, where they came from, and what is beside them."""

    active: RuleSet
    origin: Origin
    shadow: Shadow | None = None


class Shelf:
    """Holds rule sets; ``put`` exchanges them in one step, so that nobody sees half a change."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._before = (0, 0)
        self.swaps = 0

    @property
    def held(self) -> Held:
        return self._held

    def put(self, held: Held) -> None:
        """What is asked for from now on. Decisions under way keep what they pinned."""
        if held.active is not self._held.active:
            old = self._held.active
            disagreements, failures = self._before
            self._before = (disagreements + old.disagreements, failures + old.failures)
            self.swaps += 1
        self._held = held

    def pin(self) -> RuleSet:
        """The rule set for one whole decision, whatever is put here while it is made."""
        return self._held.active

    def evaluate(self, facts: Mapping[str, object], options: Sequence[str]) -> RuleVerdict:
        """The verdict of what is in force now."""
        return self._held.active.evaluate(facts, options)

    def observe(
        self,
        facts: Mapping[str, object],
        options: Sequence[str],
        verdict: RuleVerdict,
        subject: str,
        at: datetime,
    ) -> None:
        """Let the shadow, if there is one, say what it would have said. Never raises."""
        shadow = self._held.shadow
        if shadow is not None:
            shadow.observe(facts, options, verdict, subject, at)

    @property
    def disagreements(self) -> int:
        """Of the evaluators, over every set that was in force; only ever grows."""
        return self._before[0] + self._held.active.disagreements

    @property
    def failures(self) -> int:
        """Of the second evaluator, likewise."""
        return self._before[1] + self._held.active.failures
