"""What a rule set in shadow would have said: counted, and the last differences kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rules.comparing import Difference, compare
from rules.rule_set import RuleSet
from rules.verdict import RuleVerdict

KEPT = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """One difference: about what, when, and in what way."""

    subject: str
    at: datetime
    difference: Difference


@dataclass(slots=True)
class Tally:
    """Counts of one pair of rule sets: ``compared``, ``differing``, ``failed`` and the aspects."""

    active: str
    shadow: str
    since: datetime
    last: datetime
    counts: Counter[str] = field(default_factory=Counter)
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, other: Tally) -> None:
        """Take in what another tally of the same pair counted before this one."""
        self.counts += other.counts
        self.since = min(self.since, other.since)
        self.seen = deque([*other.seen, *self.seen], maxlen=KEPT)


class Shadow:
    """A rule set beside the one in force. It is asked, and what it answers changes nothing.

    Used from one thread, the one that makes decisions.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self._tallies: dict[str, Tally] = {}

    def observe(
        self,
        facts: Mapping[str, object],
        options: Sequence[str],
        verdict: RuleVerdict,
        subject: str,
        at: datetime,
    ) -> None:
        """Evaluate beside ``verdict`` on the same facts. Never raises."""
        tally = self._tally(verdict.digest, at)
        tally.last = at
        try:
            difference = compare(verdict, self.rule_set.evaluate(facts, options))
        except Exception:
            # Whatever ails a version that is only being tried must not reach a decision.
            tally.counts["failed"] += 1
            return
        tally.counts["compared"] += 1
        if difference is not None:
            tally.counts.update(("differing", *difference.aspects))
            tally.seen.append(Seen(subject, at, difference))

    def drain(self) -> list[Tally]:
        """Hand out what was counted since the last time, for whoever keeps it."""
        drained, self._tallies = list(self._tallies.values()), {}
        return drained

    def restore(self, tallies: Iterable[Tally]) -> None:
        """Take back what could not be kept."""
        for tally in tallies:
            self._tally(tally.active, tally.last).add(tally)

    def _tally(self, active: str, at: datetime) -> Tally:
        found = self._tallies.get(active)
        if found is None:
            found = self._tallies[active] = Tally(active, self.rule_set.digest, at, at)
        return found
