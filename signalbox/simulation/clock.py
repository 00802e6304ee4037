"""When something happens on a clock that does not run evenly: arrivals and hours of work."""

from __future__ import annotations

import math

import numpy as np

from signalbox.learning.allocation.compiled import apart
from signalbox.simulation import draws
from signalbox.simulation.either import either
from signalbox.simulation.plant import Plant

_WEEK = 168


@apart
def later(hazard: np.ndarray, now: float, gap: float) -> float:
    """When ``gap`` more will have come, of what comes by ``hazard`` [169]: its inverse."""
    week = math.floor(now / _WEEK)
    within = now - week * _WEEK
    hour = min(int(within), _WEEK - 1)
    level = hazard[hour] + (hazard[hour + 1] - hazard[hour]) * (within - hour) + gap
    weeks = math.floor(level / hazard[_WEEK])
    level -= weeks * hazard[_WEEK]
    low, high = 0, _WEEK
    # The last full hour at or before which no more than ``level`` is expected.
    while high - low > 1:
        middle = (low + high) >> 1
        if hazard[middle] <= level:
            low = middle
        else:
            high = middle
    rate = hazard[low + 1] - hazard[low]
    part = (level - hazard[low]) / rate if rate > 0 else 0.0
    return max(now, (week + weeks) * _WEEK + low + min(part, 1.0))


@apart
def _by_calendar(calendar: np.ndarray, weekly: float, now: float, hours: float) -> float:
    weeks = math.floor(hours / weekly)
    if weeks > 0 and weeks * weekly >= hours:
        # Ends with the last hour of work, not with the first of the week after.
        weeks -= 1
    left = hours - weeks * weekly
    at = now + weeks * _WEEK
    hour = math.floor(at)
    while True:
        if calendar[int(hour) % _WEEK]:
            room = hour + 1 - at
            if left <= room:
                return at + left
            left -= room
        hour += 1
        at = float(hour)


def _arrives(plant: Plant, seed: int, case: int, now: float) -> float:
    return now + plant.interarrival * draws.exponential(seed, draws.ARRIVAL, case, 0)


def _arrives_by_rates(plant: Plant, seed: int, case: int, now: float) -> float:
    extra = plant.extra
    if len(extra.gaps) > 0:
        gap = draws.from_table(extra.gaps, draws.uniform(seed, draws.ARRIVAL, case, 0))
    else:
        gap = draws.exponential(seed, draws.ARRIVAL, case, 0)
    if len(extra.hazard) == 0:
        return now + plant.interarrival * gap
    return later(extra.hazard, now, gap)


def _hours(plant: Plant, seed: int, case: int, step: int, j: int, r: int) -> float:
    return plant.means[j, r] * draws.exponential(seed, draws.SERVICE, case, step)


def _hours_by_table(plant: Plant, seed: int, case: int, step: int, j: int, r: int) -> float:
    if plant.extra.services.shape[1] == 0:
        return plant.means[j, r] * draws.exponential(seed, draws.SERVICE, case, step)
    dice = draws.uniform(seed, draws.SERVICE, case, step)
    return plant.means[j, r] * draws.from_table(plant.extra.services[j], dice)


def _ends(plant: Plant, r: int, now: float, hours: float) -> float:
    return now + hours


def _ends_by_calendar(plant: Plant, r: int, now: float, hours: float) -> float:
    if len(plant.extra.calendars) == 0:
        return now + hours
    return _by_calendar(plant.extra.calendars[r], plant.extra.weekly[r], now, hours)


# When a case arrives, the last one having arrived at ``now``.
arrives = either(_arrives, _arrives_by_rates)
# The service time of a task.
work_hours = either(_hours, _hours_by_table)
# When ``r`` has worked so many hours from ``now`` on.
ends = either(_ends, _ends_by_calendar)
