"""How long each resource takes for each activity: learned from work done, anew after a change."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from signalbox.learning.allocation.alarm import Alarm
from signalbox.learning.allocation.estimates import LearnedMeans, learn_means
from signalbox.learning.allocation.refit import means_since
from signalbox.learning.allocation.speed_watch import Ruler, SpeedWatch
from signalbox.learning.allocation.task import Task

Pair = tuple[str, str]
USUAL_HOURS = 1.0
SHORTEST_HOURS = 1 / 3600
KEPT = 20_000
WATCH_FROM = 300
"""Tasks that have to be known before a change of them can be told."""
RENEW_AFTER = 3_000
RUN_LENGTH = 20_000.0
"""Mean number of tasks until a change is told that there was not, at the least."""


@dataclass(frozen=True, slots=True)
class Found:
    """A change of speeds: since when (hours), and where by name; None means all of them."""

    moment: float
    since: float
    activity: str | None
    resource: str | None
    factor: float | None


class Speeds:
    """Mean hours by (activity, resource). ``version`` counts what was added, ``fitted`` what the
    means follow from, ``found`` the changes. ``usual_hours`` stands for every pair while nothing at
    all is known.

    A change is looked for as work comes in, which is to be in the order of time. After one, means
    are learned from what came since, leaning on what was before. The newest ``KEPT`` tasks count.
    """

    def __init__(self, usual_hours: float = USUAL_HOURS) -> None:
        self._usual = usual_hours
        self._work: deque[tuple[float, str, str, float]] = deque(maxlen=KEPT)
        self._count: dict[Pair, int] = {}
        self._means: dict[Pair, float] = {}
        self._activity: dict[str, float] = {}
        self._team: dict[str, float] = {}
        self._watch: SpeedWatch | None = None
        self._names: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._since: float | None = None
        self._before: dict[Pair, float] = {}
        self._referred = 0
        self.version = self.fitted = 0
        self.found: list[Found] = []

    def add(self, activity: str, resource: str, hours: float, moment: float = 0.0) -> Found | None:
        """A piece of work that ended at ``moment`` (hours) and took ``hours``; less than a second
        counts as one. The change that this was the last straw for, if any."""
        hours = max(hours, SHORTEST_HOURS)
        self._work.append((moment, activity, resource, hours))
        self._count[activity, resource] = self._count.get((activity, resource), 0) + 1
        self.version += 1
        found = self._see(activity, resource, hours, moment)
        known = RENEW_AFTER if self._watch is not None else WATCH_FROM
        if self.version - self._referred >= known:
            self._refer(moment)
        return found

    def refit(self) -> None:
        """Estimate anew, where something was added. Some ten milliseconds a thousand pairs."""
        if self.fitted == self.version:
            return
        version = self.version
        found, names = self._learned()
        activities, resources = names
        means = found.means
        self._means = {
            (activity, resource): float(means[j, r])
            for activity, j in activities.items()
            for resource, r in resources.items()
        }
        self._activity = {
            activity: float(np.exp(found.centre[j].mean())) for activity, j in activities.items()
        }
        teams: dict[str, list[float]] = {}
        for activity, hours in self._activity.items():
            teams.setdefault(activity.partition("/")[0], []).append(hours)
        self._team = {team: float(np.exp(np.mean(np.log(of)))) for team, of in teams.items()}
        self.fitted = version

    def hours(self, activity: str, resource: str) -> float:
        """Mean hours: of the pair where it is known, else of the activity, else of the team."""
        found = self._means.get((activity, resource))
        if found is None:
            found = self._activity.get(activity)
        if found is None:
            found = self._team.get(activity.partition("/")[0])
        return self._usual if found is None else found

    def tasks(self, activity: str, resource: str) -> int:
        """How many tasks of the pair were seen."""
        return self._count.get((activity, resource), 0)

    def _see(self, activity: str, resource: str, hours: float, moment: float) -> Found | None:
        activities, resources = self._names
        j, r = activities.get(activity), resources.get(resource)
        if self._watch is None or j is None or r is None:
            return None
        alarm = self._watch.see(Task(moment, j, r, hours))
        if alarm is None:
            return None
        self.refit()
        self._before, self._since = dict(self._means), alarm.since
        self.fitted = -1
        self._watch, self._referred = None, self.version
        self.found.append(self._named(alarm))
        return self.found[-1]

    def _named(self, alarm: Alarm) -> Found:
        activities, resources = (list(names) for names in self._names)
        return Found(
            alarm.moment,
            alarm.since,
            None if alarm.activity is None else activities[alarm.activity],
            None if alarm.resource is None else resources[alarm.resource],
            alarm.factor,
        )

    def _refer(self, moment: float) -> None:
        """Watch from here on against what is known by now."""
        known, self._names = self._learned()
        activities, resources = self._names
        means = known.means
        relative = [
            hours / means[activities[activity], resources[resource]]
            for ended, activity, resource, hours in self._work
            if self._since is None or ended - hours >= self._since
        ]
        if len(relative) < WATCH_FROM:
            return
        self._watch = SpeedWatch(known, RUN_LENGTH, moment, Ruler(np.array(relative)))
        self._referred = self.version

    def _learned(self) -> tuple[LearnedMeans, tuple[dict[str, int], dict[str, int]]]:
        activities = {name: j for j, name in enumerate(sorted({one[1] for one in self._work}))}
        resources = {name: r for r, name in enumerate(sorted({one[2] for one in self._work}))}
        services = np.array(
            [(t, activities[a], resources[r], hours) for t, a, r, hours in self._work], float
        ).reshape(-1, 4)
        shape = (len(activities), len(resources))
        if self._since is not None:
            before = np.array([[self._known(a, r) for r in resources] for a in activities]).reshape(
                shape
            )
            found = means_since(services, self._since, before, np.zeros((0, 4)))
            if found is not None:
                return found, (activities, resources)
        counts, hours = np.zeros(shape), np.zeros(shape)
        pairs = services[:, 1].astype(int), services[:, 2].astype(int)
        np.add.at(counts, pairs, 1)
        np.add.at(hours, pairs, services[:, 3])
        return learn_means(counts, hours, np.ones(shape, bool)), (activities, resources)

    def _known(self, activity: str, resource: str) -> float:
        found = self._before.get((activity, resource))
        return self.hours(activity, resource) if found is None else found
