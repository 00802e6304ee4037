"""How long each resource takes for each activity, learned from the work it has done."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from signalbox.learning.allocation.estimates import learn_means

Pair = tuple[str, str]
USUAL_HOURS = 1.0
SHORTEST_HOURS = 1 / 3600


class Speeds:
    """Counts and hours by (activity, resource), and the means that follow from them.

    ``usual_hours`` stands for every pair while nothing at all is known.
    """

    def __init__(self, usual_hours: float = USUAL_HOURS) -> None:
        self._usual = usual_hours
        self._seen: dict[Pair, tuple[int, float]] = {}
        self.version = 0
        self._means: dict[Pair, float] = {}
        self._activity: dict[str, float] = {}
        self._fitted = 0

    def add(self, activity: str, resource: str, hours: float) -> None:
        """A piece of work that took ``hours``; less than a second counts as one."""
        count, total = self._seen.get((activity, resource), (0, 0.0))
        self._seen[activity, resource] = count + 1, total + max(hours, SHORTEST_HOURS)
        self.version += 1

    def forget(self, keep: float, pairs: Sequence[Pair] | None = None) -> None:
        """Let what was seen so far count only ``keep`` (0 to 1) of what it did."""
        for pair in self._seen if pairs is None else pairs:
            count, total = self._seen.get(pair, (0, 0.0))
            left = round(count * keep)
            self._seen[pair] = left, total * left / count if count else 0.0
        self.version += 1

    def refit(self) -> None:
        """Estimate anew, where something was added. Some ten milliseconds a thousand pairs."""
        if self._fitted == self.version:
            return
        version = self.version
        seen = {pair: value for pair, value in self._seen.items() if value[0]}
        activities = sorted({activity for activity, _ in seen})
        resources = sorted({resource for _, resource in seen})
        counts = np.zeros((len(activities), len(resources)))
        hours = np.zeros_like(counts)
        row = {name: i for i, name in enumerate(activities)}
        column = {name: i for i, name in enumerate(resources)}
        for (activity, resource), (count, total) in seen.items():
            counts[row[activity], column[resource]] = count
            hours[row[activity], column[resource]] = total
        if not len(seen):
            self._means, self._activity, self._fitted = {}, {}, version
            return
        found = learn_means(counts, hours, np.ones_like(counts, bool))
        means = found.means
        self._means = {
            (activity, resource): float(means[row[activity], column[resource]])
            for activity in activities
            for resource in resources
        }
        self._activity = {
            activity: float(np.exp(found.centre[row[activity]].mean())) for activity in activities
        }
        self._fitted = version

    def hours(self, activity: str, resource: str) -> float:
        """Mean hours: of the pair where it is known, else of the activity, else of all."""
        found = self._means.get((activity, resource))
        if found is None:
            found = self._activity.get(activity)
        if found is None and self._activity:
            found = float(np.exp(np.mean(np.log(list(self._activity.values())))))
        return self._usual if found is None else found

    def tasks(self, activity: str, resource: str) -> int:
        """How many tasks of the pair were seen."""
        return self._seen.get((activity, resource), (0, 0.0))[0]
