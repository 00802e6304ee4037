"""Whether people have become slower or faster: one, at one activity, at everything, or all."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import digamma

from signalbox.learning.allocation.alarm import SPEEDS, Alarm
from signalbox.learning.allocation.estimates import LearnedMeans
from signalbox.learning.allocation.evidence import FACTORS, Sums, scaled, threshold
from signalbox.learning.allocation.task import Task

# A pair that has changed in its own way has a mean within a factor of two or so of the old one.
_OWN_SHAPE = 4.0
_LEVELS = 4

# Tasks under way, [m, 4]: moment of the start, activity, resource, hours so far.
AtWork = Callable[[], np.ndarray]


class Ruler:
    """Makes service times exponential that are not, by their ranks among times seen before.

    Args:
        relative: service times of a log over the mean of their pair, [n], n at least 1. A pair, or
            a kind of case, of which there are more has more of a say.

    A time longer than all of them counts as long as the longest: no single one is a change.
    """

    def __init__(self, relative: np.ndarray) -> None:
        self._seen = np.sort(np.asarray(relative, float))
        ranks = (np.arange(len(self._seen)) + 0.5) / len(self._seen)
        self._as = -np.log1p(-ranks)

    def __call__(self, relative: float) -> float:
        """What an exponential time of mean one would be in this place."""
        return float(np.interp(relative, self._seen, self._as))


class SpeedWatch:
    """Sequential detection of a change of mean service times.

    Args:
        known: what is known of the means; what is seen is added to it.
        run_length: mean number of tasks until a false alarm, at the least.
        start: the moment of the first observation to come, in hours.
        ruler: for service times that are not exponential.

    Five kinds of change are looked for at once: a common factor on all times, on those of one
    activity, of one resource or of one pair, and a factor of its own on every pair.
    """

    def __init__(
        self,
        known: LearnedMeans,
        run_length: float,
        start: float = 0.0,
        ruler: Ruler | None = None,
    ) -> None:
        self._activities, self._resources = known.counts.shape
        self._shape = known.shape + known.counts.astype(float)
        self._scale = np.exp(known.centre + digamma(known.shape)) + known.hours
        typical = np.exp(np.log(self._scale) - digamma(self._shape))
        self._ruler = ruler
        # A pair known no better than that cannot be told from one that has changed.
        self._own = np.minimum(_OWN_SHAPE, self._shape)
        self._own_scale = typical * np.exp(digamma(self._own))
        rows = 1 + self._activities + self._resources + self._activities * self._resources
        self._sums = Sums(rows, start)
        self._each, self._each_since = 0.0, start
        self._own_seen: dict[tuple[int, int], tuple[int, float]] = {}
        self.threshold = threshold(run_length, _LEVELS * len(FACTORS) + 1)

    def see(self, task: Task, at_work: AtWork | None = None) -> Alarm | None:
        """Somebody has done ``task``; an alarm where that is the last straw.

        ``at_work`` is asked before an alarm for what others are doing: of tasks begun together the
        short ones end first, and look like a change until the long ones are counted as well.
        """
        moment, activity, resource, hours = task
        pair = (activity, resource)
        shape, scale = float(self._shape[pair]), float(self._scale[pair])
        hours = self._even(activity, resource, hours)
        rows = self._rows(activity, resource)
        highest = self._sums.add(rows, scaled(hours, shape, scale), moment)
        self._see_own(pair, hours, moment)
        self._shape[pair] += 1
        self._scale[pair] += hours
        if max(highest, self._each) < self.threshold:
            return None
        height, row, factor, since = self._sums.highest(rows)
        each, level = self._each, int(np.flatnonzero(rows == row)[0])
        for j, r, passed in self._open(at_work):
            if level == 0 or (level == 1 and j == activity) or (level == 2 and r == resource):
                shape, scale = self._shape[j, r], self._scale[j, r]
                passed_by = math.log1p(passed / scale) - math.log1p(passed / (scale * factor))
                height += shape * passed_by
            each += self._open_own((j, r), passed)
        if max(height, each) < self.threshold:
            return None
        if each > height:
            return Alarm(moment, self._each_since, SPEEDS)
        return Alarm(
            moment,
            since,
            SPEEDS,
            activity if level in (1, 3) else None,
            resource if level in (2, 3) else None,
            factor,
        )

    def _open(self, at_work: AtWork | None) -> list[tuple[int, int, float]]:
        tasks = [] if at_work is None else at_work().tolist()
        return [(int(j), int(r), self._even(int(j), int(r), passed)) for _, j, r, passed in tasks]

    def _even(self, activity: int, resource: int, hours: float) -> float:
        """``hours`` as an exponential time of the same mean."""
        if self._ruler is None:
            return hours
        mean = self._scale[activity, resource] / max(self._shape[activity, resource] - 1, 0.5)
        return self._ruler(hours / float(mean)) * float(mean)

    def _rows(self, activity: int, resource: int) -> np.ndarray:
        people = 1 + self._activities
        pairs = people + self._resources
        pair = pairs + activity * self._resources + resource
        return np.array([0, 1 + activity, people + resource, pair])

    def _see_own(self, pair: tuple[int, int], hours: float, moment: float) -> None:
        """Against no change: every pair has drawn a new mean, and what was seen since tells it."""
        count, total = self._own_seen.get(pair, (0, 0.0))
        self._each += _lomax(hours, *self._own_of(pair))
        self._each -= _lomax(hours, float(self._shape[pair]), float(self._scale[pair]))
        self._own_seen[pair] = (count + 1, total + hours)
        if self._each <= 0:
            self._each, self._each_since = 0.0, moment
            self._own_seen.clear()

    def _own_of(self, pair: tuple[int, int]) -> tuple[float, float]:
        """What would be known of the mean of ``pair`` if it had changed at the last start."""
        count, total = self._own_seen.get(pair, (0, 0.0))
        return float(self._own[pair]) + count, float(self._own_scale[pair]) + total

    def _open_own(self, pair: tuple[int, int], passed: float) -> float:
        shape, scale = self._own_of(pair)
        same = float(self._shape[pair]) * math.log1p(passed / float(self._scale[pair]))
        return same - shape * math.log1p(passed / scale)


def _lomax(hours: float, shape: float, scale: float) -> float:
    return math.log(shape / scale) - (shape + 1) * math.log1p(hours / scale)


def known_means(means: np.ndarray, tasks: float = 1000.0) -> LearnedMeans:
    """Means that are known as well as from ``tasks`` tasks of each pair; [J, R] in hours."""
    permitted = np.asarray(np.isfinite(means))
    centre = np.log(np.where(permitted, means, 1.0))
    counts = np.where(permitted, tasks, 0.0)
    return LearnedMeans(counts, counts * np.exp(centre), permitted, centre, 1.0)
