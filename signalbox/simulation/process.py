"""A process as the simulator runs it: plain arrays, wherever they came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.simulation.details import Details

HOURS = 168


@dataclass(frozen=True, slots=True)
class Routing:
    """What follows what, for exclusive choices and parallel branches alike.

    A place is an activity and, where ``places`` tells which, what led to it: N places for J
    activities, one each where ``places`` is empty. Source ``s`` is a place, or ``N + c`` for the
    start of a case of class ``c`` (C classes). It has the alternatives
    ``first[s] … first[s+1]-1``; one is drawn by ``cumulative`` (its last value is 1). Alternative
    ``a`` sends one token along each of ``edges[begin[a] … begin[a+1]-1]``; none at all ends that
    branch. An edge is a group of inputs: group ``g`` starts place ``target[g]`` each time it has
    ``need[g]`` tokens (1: whichever comes first starts it; more: all of them are waited for).
    With ``lenient`` joins a case whose tokens all wait at joins goes on with what is there.
    A case ends when it has no token left.
    """

    first: np.ndarray  # int64 [N + C + 1]
    cumulative: np.ndarray  # float64 [A]
    begin: np.ndarray  # int64 [A + 1]
    edges: np.ndarray  # int64 [E]
    target: np.ndarray  # int64 [G]
    need: np.ndarray  # int64 [G]
    places: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # [N] or [0]
    lenient: bool = False

    def activity_of(self, activities: int) -> np.ndarray:
        """The activity of each place, int64 [N]."""
        return self.places if len(self.places) else np.arange(activities)


@dataclass(frozen=True, slots=True)
class Process:
    """Activities, the resources that may work on them, and when they are there.

    ``means[j, r]`` is the mean service time of activity ``j`` by resource ``r`` in hours, infinite
    where ``r`` may not do it; service times are exponential. ``instant[j]`` activities take no time
    and nobody. ``schedule`` is the staff wanted in each of the 168 hours of a week, empty where
    everybody is always there. ``weights[r]`` is the weight with which an absent resource is called.
    ``interarrival`` is the mean time between two cases in hours (Poisson arrivals).
    ``details`` are what the benchmark forms lack; with calendars there is no ``schedule``.
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
    details: Details = field(default_factory=Details)

    def with_load(self, factor: float) -> Process:
        """The same process with ``factor`` times as many cases an hour."""
        if not (np.isfinite(factor) and factor > 0):
            raise BadInput(f"a load of {factor} is no load", hint="give a number above 0")
        details = replace(self.details, rates=self.details.rates * factor)
        return replace(self, interarrival=self.interarrival / factor, details=details)

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
    def is_plain(self) -> bool:
        """Whether it is all that a benchmark form can say, which the compiled loop makes use of."""
        nothing, details = Details(), self.details
        same = all(
            np.array_equal(getattr(nothing, name), getattr(details, name))
            for name in Details.__dataclass_fields__
            if name not in ("classes", "deadlines", "costs", "automatic")
        )
        return same and not len(self.routing.places) and not self.routing.lenient

    @property
    def can_be_called(self) -> np.ndarray:
        """Which resources come on shift again once they have left it, bool [R]."""
        if len(self.details.calendars):
            return np.asarray(self.details.calendars.any(axis=1))
        if not len(self.schedule) or not (self.weights > 0).any():
            return np.ones(len(self.resources), bool)
        return self.weights > 0

    @property
    def staff(self) -> np.ndarray:
        """Staff wanted in each hour of a week, int64 [168]; [0] where everybody is always there."""
        if len(self.details.calendars):
            return np.asarray(self.details.calendars.sum(axis=0), np.int64)
        return self.schedule

    def successors(self) -> np.ndarray:
        """Expected number of timed activities started next, [J + 1, J]; last: a case's start.

        Instant activities are passed through; a group that waits for several inputs counts for a
        share of its activity at each of them.
        """
        following, kinds = self._following(), len(self.activities)
        if not len(self.routing.places) and len(self.details.shares) == 1:
            return following
        activity = self.routing.places
        visits = _visits(following[: len(activity)], self._starts(following))
        found = np.zeros((kinds + 1, kinds))
        per_activity = np.zeros((len(following), kinds))
        np.add.at(per_activity.T, activity, following.T)
        np.add.at(found[:-1], activity, visits[:, None] * per_activity[: len(activity)])
        passed = np.bincount(activity, visits, kinds)
        found[:-1] /= np.maximum(passed, 1e-300)[:, None]
        found[-1] = self.details.shares @ per_activity[len(activity) :]
        return found

    def visits(self) -> np.ndarray:
        """Expected number of times a case passes each timed activity, [J]."""
        following = self._following()
        places = following.shape[1]
        visits = _visits(following[:places], self._starts(following))
        if not len(self.routing.places):
            return visits
        return np.bincount(self.routing.places, visits, len(self.activities))

    def _starts(self, following: np.ndarray) -> np.ndarray:
        return np.asarray(self.details.shares @ following[following.shape[1] :])

    def _following(self) -> np.ndarray:
        """Expected number of timed places entered next, [N + C, N]."""
        routing, activity = self.routing, self.routing.activity_of(len(self.activities))
        places, instant = len(activity), self.instant[activity]
        direct = np.zeros((places + len(self.details.shares), places))
        for source in range(len(direct)):
            previous = 0.0
            for a in range(routing.first[source], routing.first[source + 1]):
                share = routing.cumulative[a] - previous
                previous = routing.cumulative[a]
                for group in routing.edges[routing.begin[a] : routing.begin[a + 1]]:
                    direct[source, routing.target[group]] += share / routing.need[group]
        for _ in range(places):
            passing = direct[:, instant]
            if not passing.any():
                break
            direct = direct.copy()
            direct[:, instant] = 0
            direct += passing @ direct[:places][instant]
        return direct


def _visits(inner: np.ndarray, start: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.solve(np.eye(len(inner)) - inner.T, start))
