"""A process as the simulator runs it: plain arrays, wherever they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from signalbox.domain.errors import BadInput

HOURS = 168


@dataclass(frozen=True, slots=True)
class Routing:
    """What follows what, for exclusive choices and parallel branches alike.

    Source ``s`` is an activity, or ``J`` for the start of a case. It has the alternatives
    ``first[s] … first[s+1]-1``; one is drawn by ``cumulative`` (its last value is 1). Alternative
    ``a`` sends one token along each of ``edges[begin[a] … begin[a+1]-1]``; none at all ends that
    branch. An edge is a group of inputs: group ``g`` starts activity ``target[g]`` each time it has
    ``need[g]`` tokens (1: whichever comes first starts it; more: all of them are waited for).
    A case ends when it has no token left.
    """

    first: np.ndarray  # int64 [J + 2]
    cumulative: np.ndarray  # float64 [A]
    begin: np.ndarray  # int64 [A + 1]
    edges: np.ndarray  # int64 [E]
    target: np.ndarray  # int64 [G]
    need: np.ndarray  # int64 [G]


@dataclass(frozen=True, slots=True)
class Process:
    """Activities, the resources that may work on them, and when they are there.

    ``means[j, r]`` is the mean service time of activity ``j`` by resource ``r`` in hours, infinite
    where ``r`` may not do it; service times are exponential. ``instant[j]`` activities take no time
    and nobody. ``schedule`` is the staff wanted in each of the 168 hours of a week, empty where
    everybody is always there. ``weights[r]`` is the weight with which an absent resource is called.
    ``interarrival`` is the mean time between two cases in hours (Poisson arrivals).
    """

    name: str
    activities: tuple[str, ...]
    resources: tuple[str, ...]
    means: np.ndarray  # float64 [J, R]
    instant: np.ndarray  # bool [J]
    schedule: np.ndarray  # int64 [168] or [0]
    weights: np.ndarray  # float64 [R]
    interarrival: float
    routing: Routing

    def with_load(self, factor: float) -> Process:
        """The same process with ``factor`` times as many cases an hour."""
        if not (np.isfinite(factor) and factor > 0):
            raise BadInput(f"a load of {factor} is no load", hint="give a number above 0")
        return replace(self, interarrival=self.interarrival / factor)

    def with_means(self, means: np.ndarray) -> Process:
        """The same process with other mean service times, [J, R] in hours."""
        return replace(self, means=np.ascontiguousarray(means, float))

    def without(self, r: int) -> Process:
        """The same process once resource ``r`` has left it for good."""
        stays = np.arange(len(self.resources)) != r
        return replace(
            self,
            resources=tuple(n for n, keep in zip(self.resources, stays, strict=True) if keep),
            means=np.ascontiguousarray(self.means[:, stays]),
            weights=self.weights[stays],
        )

    def placed(self, resources: tuple[str, ...]) -> Process:
        """The same process with places for all ``resources``; who is not of it can do nothing.

        Raises:
            BadInput: somebody in it has no place there.
        """
        places = {name: r for r, name in enumerate(resources)}
        unknown = [name for name in self.resources if name not in places]
        if unknown:
            fix = "change a process to one of the same people, or fewer"
            raise BadInput(f"resource {unknown[0]!r} was not there before", hint=fix)
        taken = [places[name] for name in self.resources]
        means = np.full((len(self.activities), len(resources)), np.inf)
        weights = np.zeros(len(resources))
        means[:, taken], weights[taken] = self.means, self.weights
        return replace(self, resources=resources, means=means, weights=weights)

    @property
    def can_be_called(self) -> np.ndarray:
        """Which resources come on shift again once they have left it, bool [R]."""
        if not len(self.schedule) or not (self.weights > 0).any():
            return np.ones(len(self.resources), bool)
        return self.weights > 0

    def successors(self) -> np.ndarray:
        """Expected number of timed activities started next, [J + 1, J]; last: a case's start.

        Instant activities are passed through; a group that waits for several inputs counts for a
        share of its activity at each of them.
        """
        sources, routing = len(self.activities) + 1, self.routing
        direct = np.zeros((sources, len(self.activities)))
        for source in range(sources):
            previous = 0.0
            for a in range(routing.first[source], routing.first[source + 1]):
                share = routing.cumulative[a] - previous
                previous = routing.cumulative[a]
                for group in routing.edges[routing.begin[a] : routing.begin[a + 1]]:
                    direct[source, routing.target[group]] += share / routing.need[group]
        for _ in range(len(self.activities)):
            passing = direct[:, self.instant]
            if not passing.any():
                break
            direct = direct.copy()
            direct[:, self.instant] = 0
            direct += passing @ direct[:-1][self.instant]
        return direct

    def visits(self) -> np.ndarray:
        """Expected number of times a case passes each timed activity, [J]."""
        following = self.successors()
        inner, start = following[:-1], following[-1]
        return np.linalg.solve(np.eye(len(inner)) - inner.T, start)
