"""Waiting that nobody's absence explains: found by comparing a simulation with the log.

Work often waits for more than a free person: for a customer, a delivery, a fixed period. How long
cannot be read off the log, where it is mixed with waiting for people. So the twin is run, and each
quantile of its waits is moved to that of the log by giving tasks a delay, until the two agree
(the same aim as in Chapela-Campa, Dumas 2022, reached by matching distributions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import spearmanr

from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.details import table
from signalbox.simulation.fitting.routes import Routed
from signalbox.simulation.fitting.weekly import WEEK, profile
from signalbox.simulation.fitting.work import Work
from signalbox.simulation.process import Process
from signalbox.simulation.tasks import FIT_SEED, simulated_tasks

KNOTS = 101
_OWN_ROW = 30
_LEAST_ROW = 5
_MOST_BANDS = 6
_DEPENDS = 0.15
_BY_CHANCE = 0.001
_EVEN, _WEIGHT = 0.05, 40.0
_ROUNDS = 9
_STEP = 0.8

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of the log in rows of alike tasks.

    ``row_of[g]`` is the first row of each group of the routing, -1 for none; row ``d`` is for cases
    younger than ``until[d]`` hours, the next one for older ones. ``seen[d]`` are the quantiles of
    the hours between what a task waited for and its beginning, [D, 101]. ``clock`` [168] is the
    pace at which delays pass: when work is begun, so that few are over in the middle of the night.
    """

    row_of: np.ndarray
    until: np.ndarray
    seen: np.ndarray
    clock: np.ndarray

    def rows(self, group: np.ndarray, age: np.ndarray) -> np.ndarray:
        """The row of each task that came through ``group`` at that ``age`` of its case, [n]."""
        found = self.row_of[group]
        while True:
            older = (found >= 0) & (age >= self.until[found])
            if not older.any():
                return found
            found = found + older


def waits_of(work: Work, routed: Routed, waited: list[tuple[int, ...]]) -> Waits:
    """The waits of ``work``: rows for each way into an activity seen 30 times, one for the rest.

    A way whose waits depend on the age of the case, such as a period counted from its start, has
    rows for the younger and the older. The start of a case is when its first task begins: such
    tasks have waited for nothing.
    """
    enabled = np.array([max((work.ended[f] for f in by), default=np.nan) for by in waited], float)
    counts = np.bincount(work.begun.astype(np.int64) % WEEK, minlength=WEEK).astype(float)
    # Rarely is not never: a clock that stands still would turn a minute into a weekend.
    share = (1 - _EVEN) * profile(counts, counts, _WEIGHT) + _EVEN / WEEK
    inner = np.flatnonzero(np.isfinite(enabled))
    hours = np.fmax(work.begun - enabled, 0.0)
    age = np.fmax(enabled - work.begun[work.firsts[:-1]][work.case], 0.0)
    keys = _keys(routed, routed.group[inner])
    by_row: dict[Key, list[int]] = {}
    for i in inner.tolist():
        by_row.setdefault(keys[int(routed.group[i])], []).append(i)
    rows: dict[Key, int] = {}
    until: list[float] = []
    seen: list[np.ndarray] = []
    for key, mine in by_row.items():
        if len(mine) < _LEAST_ROW:
            continue
        rows[key] = len(seen)
        for limit, part in _by_age(age[mine], hours[mine]):
            until.append(limit)
            seen.append(table(part, KNOTS))
    return Waits(
        row_of=np.array([rows.get(key, -1) for key in keys], np.int64),
        until=np.array(until, float),
        seen=np.array(seen, float).reshape(-1, KNOTS),
        clock=WEEK * share,
    )


def _keys(routed: Routed, groups: np.ndarray) -> list[Key]:
    """For each group of the routing what its tasks are pooled with: nothing, where they suffice."""
    counts = np.bincount(groups, minlength=len(routed.before))
    ways: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for g, before in enumerate(routed.before):
        ways[before] += int(counts[g])
    found: list[Key] = []
    for g, before in enumerate(routed.before):
        if counts[g] >= _OWN_ROW:
            found.append((g,))
        elif ways[before] >= _OWN_ROW:
            found.append(before)
        else:
            found.append(("activity", before[0]))
    return found


def _by_age(age: np.ndarray, hours: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """(upper limit of the age, waits) in up to six bands of as many tasks, or one of all."""
    bands = min(_MOST_BANDS, len(age) // _OWN_ROW)
    if bands < 2 or np.ptp(age) == 0 or np.ptp(hours) == 0:
        return [(np.inf, hours)]
    depends = spearmanr(age, hours)
    if abs(depends.statistic) < _DEPENDS or depends.pvalue > _BY_CHANCE:
        return [(np.inf, hours)]
    limits = np.unique(np.quantile(age, np.arange(1, bands) / bands))
    band = np.searchsorted(limits, age, side="right")
    found = [(float(x), hours[band == b]) for b, x in enumerate([*limits, np.inf])]
    return found if all(len(part) >= _LEAST_ROW for _, part in found) else [(np.inf, hours)]


def with_delays(
    process: Process,
    waits: Waits,
    cases: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Process:
    """``process`` with a delay before each task, so that its waits become those of the log.

    An episode of ``cases`` cases is simulated in each of ten rounds; the best round stays.
    """
    rows = len(waits.seen)
    if not rows:
        return process
    delays = np.zeros((rows, KNOTS))
    best, least = delays, np.inf
    for turn in range(_ROUNDS + 1):
        changed = _delayed(process, waits, delays)
        tasks = simulated_tasks(changed, Policy("fifo"), FIT_SEED + turn, cases)
        row = waits.rows(tasks.group, tasks.enabled - tasks.arrival)
        hours = tasks.begun - tasks.enabled
        moved, gap = delays.copy(), 0.0
        for d in range(rows):
            own = hours[row == d]
            if not len(own):
                continue
            short = waits.seen[d] - table(own, KNOTS)
            gap += abs(float(short.mean())) * len(own)
            moved[d] = np.maximum.accumulate(np.maximum(delays[d] + _STEP * short, 0.0))
        if gap < least:
            best, least = delays, gap
        delays = moved
        progress((turn + 1) / (_ROUNDS + 1))
    return _delayed(process, waits, best)


def _delayed(process: Process, waits: Waits, delays: np.ndarray) -> Process:
    details = replace(
        process.details,
        delays=delays,
        delay_until=waits.until,
        delay_clock=waits.clock,
        delay_of=waits.row_of,
    )
    return replace(process, details=details)
