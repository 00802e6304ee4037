"""What real processes have beyond the benchmark forms: hours, habits, kinds of cases, costs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


def _floats(*shape: int) -> np.ndarray:
    return np.zeros(shape)


@dataclass(frozen=True, slots=True)
class Details:
    """Parts of a process that are absent where their array is empty.

    J activities, R resources, C classes of cases, Q quantiles. Hours throughout; hours of a week
    begin on Monday at midnight, which is where an episode begins.

    ``rates`` are the mean arrivals in each hour of a week (a Poisson process of that intensity);
    ``gaps`` are quantiles of the time between arrivals, measured in expected arrivals, with a mean
    of one: exponential where absent. ``calendars[r, h]`` says whether ``r`` works in hour ``h``;
    work that is not done by the end of it goes on when ``r`` is back. ``services[j]`` are quantiles
    of the service time over its mean. ``delays[d]`` are quantiles of the hours a task needs before
    anybody may begin it, and ``delay_of[g]`` the first row for each group of the routing, -1 for
    none: row ``d`` is for cases younger than ``delay_until[d]`` hours, the next one for older ones.
    ``delay_clock[h]`` is how fast the hours of delays pass in hour ``h`` of a week, 1 on average:
    what somebody else has to do is done when people work.
    ``shares`` of the classes have a sum of one; tasks of a higher ``priorities`` go first within an
    activity; a case misses its deadline when it takes longer than ``deadlines``, infinite for
    none. ``costs[r]`` is paid for each hour on shift. ``automatic`` activities are done by no
    person. A case that has made ``most_steps`` steps goes no further; 0 sets no bound.
    """

    rates: np.ndarray = field(default_factory=lambda: _floats(0))  # float64 [168] or [0]
    gaps: np.ndarray = field(default_factory=lambda: _floats(0))  # float64 [Q] or [0]
    calendars: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), bool))  # [R, 168]
    services: np.ndarray = field(default_factory=lambda: _floats(0, 0))  # float64 [J, Q]
    delays: np.ndarray = field(default_factory=lambda: _floats(0, 0))  # float64 [D, Q]
    delay_until: np.ndarray = field(default_factory=lambda: _floats(0))  # float64 [D]
    delay_clock: np.ndarray = field(default_factory=lambda: _floats(0))  # float64 [168] or [0]
    delay_of: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # [G] or [0]
    classes: tuple[str, ...] = ("all",)
    shares: np.ndarray = field(default_factory=lambda: np.ones(1))  # float64 [C]
    priorities: np.ndarray = field(default_factory=lambda: _floats(1))  # float64 [C]
    deadlines: np.ndarray = field(default_factory=lambda: np.full(1, np.inf))  # float64 [C]
    costs: np.ndarray = field(default_factory=lambda: _floats(0))  # float64 [R] or [0]
    automatic: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))  # [J] or [0]
    most_steps: int = 0


def table(values: np.ndarray, knots: int) -> np.ndarray:
    """``knots`` quantiles of ``values``, evenly spaced from the least to the greatest, [knots].

    The compiled code draws from them by linear interpolation.
    """
    return np.asarray(np.quantile(values, np.linspace(0, 1, knots)), float)


def mean_of(quantiles: np.ndarray) -> np.ndarray:
    """The mean of what is drawn from tables of evenly spaced quantiles, [..., Q] to [...]."""
    if quantiles.shape[-1] == 1:
        return np.asarray(quantiles[..., 0])
    return np.asarray((quantiles[..., 1:] + quantiles[..., :-1]).mean(axis=-1) / 2)


def standardised(values: np.ndarray, knots: int) -> np.ndarray:
    """The table of ``values`` scaled so that draws have a mean of one; all ones for zeros."""
    found = table(values, knots)
    mean = float(mean_of(found))
    return found / mean if mean > 0 else np.ones(knots)
