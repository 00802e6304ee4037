"""How well a tree tells cases: the share that it replays, and how much else it would allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from signalbox.learning.patterns.discovery.replay import Player, State
from signalbox.learning.patterns.discovery.sublog import Path

MOST_PREFIXES = 4_000


@dataclass(frozen=True, slots=True)
class Fitness:
    """Counts over cases: those that replay as a whole, and their events that do.

    ``precision`` in [0, 1] is the share of the activities allowed next that some case did next,
    over the places that cases came to, each as often as they did (after Muñoz-Gama and Carmona
    2010); None where no case came to any.
    """

    cases: int
    cases_fit: int
    events: int
    events_fit: int
    precision: float | None

    @property
    def share_of_cases(self) -> float:
        """0 where there are no cases."""
        return self.cases_fit / self.cases if self.cases else 0.0

    @property
    def balance(self) -> float:
        """Harmonic mean of the share of cases that fit and of precision."""
        both = self.share_of_cases, self.precision or 0.0
        return 2 * both[0] * both[1] / sum(both) if sum(both) else 0.0


def fitness_of(
    player: Player, paths: Iterable[tuple[Path, int]], most_prefixes: int = MOST_PREFIXES
) -> Fitness:
    """The fitness of ``paths``: (activities of a variant, how many cases went that way).

    Precision looks at the most frequent variants, up to ``most_prefixes`` places they come to.
    """
    cases = cases_fit = events = events_fit = 0
    listed = list(paths)
    for path, weight in listed:
        found = player.replay(path)
        cases += weight
        cases_fit += weight * found.fits
        events += weight * len(path)
        events_fit += weight * sum(found.allowed)
    return Fitness(cases, cases_fit, events, events_fit, _precision(player, listed, most_prefixes))


def _precision(player: Player, paths: list[tuple[Path, int]], most_prefixes: int) -> float | None:
    states: dict[Path, tuple[State, ...]] = {(): player.first}
    visits: dict[Path, int] = {}
    went_on: dict[Path, set[int]] = {}
    for path, weight in sorted(paths, key=lambda item: -item[1]):
        for at, activity in enumerate(path):
            prefix, longer = path[:at], path[: at + 1]
            if longer not in states:
                if len(states) > most_prefixes:
                    break
                states[longer] = player.after(states[prefix], activity)
            if not states[longer]:
                break
            visits[prefix] = visits.get(prefix, 0) + weight
            went_on.setdefault(prefix, set()).add(activity)
    offered = {prefix: len(player.next_of(states[prefix])) for prefix in visits}
    allowed = sum(count * offered[prefix] for prefix, count in visits.items())
    taken = sum(count * len(went_on[prefix]) for prefix, count in visits.items())
    return taken / allowed if allowed else None
