"""Whether somebody is no longer there: not seen at work for longer than was ever to be expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalbox.learning.allocation.alarm import STAFF, Alarm

_LEAST_GAPS = 20
_SURE = 1.645


@dataclass(frozen=True, slots=True)
class Absences:
    """How long each resource is usually not seen, [R, 2]: in hours, and in tasks others do.

    A ``share`` [R] of the gaps is longer than ``above``; by how much is taken as exponential with
    mean ``excess``, which fits the tail of most distributions (Pickands 1975). Who was seen too
    rarely to tell has an infinite ``above``.
    """

    above: np.ndarray
    excess: np.ndarray
    share: np.ndarray

    def limits(self, run_length: float) -> np.ndarray:
        """Gaps that are longer than this happen by chance once in ``run_length``, [R, 2].

        As each task of a resource begins one gap of it, that is once in as many tasks of all
        together, and who does more of them is found sooner.
        """
        odds = np.maximum(self.share * run_length, 1.0)
        return np.asarray(self.above + self.excess * np.log(odds)[:, None])


def absences(logs: Sequence[np.ndarray], resources: int) -> Absences:
    """The usual absences, from logs of the time before.

    Args:
        logs: tasks done, in the order of their ends, [n, 4] each: moment of the end in hours,
            activity, resource, hours.
        resources: how many there are.
    """
    above = np.full((resources, 2), np.inf)
    excess, share = np.zeros((resources, 2)), np.zeros(resources)
    for r in range(resources):
        gaps, ended = _gaps(logs, r)
        if ended.sum() < _LEAST_GAPS:
            continue
        tail = max(int(len(gaps) ** 0.5), 5)
        for clock in range(2):
            order = np.argsort(gaps[:, clock])
            longest, whole = gaps[order[-tail - 1 :], clock], ended[order[-tail:]]
            above[r, clock] = longest[0]
            # Gaps cut off count with their length and not as ends, as exponential ones do.
            # The upper end of what the mean may be: it is known from these few alone.
            mean = (longest[1:] - longest[0]).sum() / max(whole.sum(), 1)
            excess[r, clock] = mean * (1 + _SURE / max(whole.sum(), 1) ** 0.5)
        share[r] = tail / len(gaps)
    return Absences(above, excess, share)


def _gaps(logs: Sequence[np.ndarray], r: int) -> tuple[np.ndarray, np.ndarray]:
    """The gaps of ``r``, [n, 2] in hours and tasks, and which of them ended before the log did."""
    gaps, ended = [np.zeros((0, 2))], [np.zeros(0, bool)]
    for log in logs:
        if len(log):
            at = np.flatnonzero(log[:, 2] == r)
            places = np.concatenate([[-1], at, [len(log) - 1]])
            moments = np.concatenate([log[:1, 0] - log[:1, 3], log[at, 0], log[-1:, 0]])
            gaps.append(np.column_stack([np.diff(moments), np.diff(places)]))
            ended.append(np.arange(len(at) + 1) < len(at))
    return np.concatenate(gaps), np.concatenate(ended)


class StaffWatch:
    """Sequential detection of resources that have gone, and of those that are back.

    Args:
        usual: absences to be expected.
        run_length: mean number of tasks until a false alarm, about.
        start: the moment from which people are seen, in hours.
        gone: resources held to be gone already, bool [R].

    Somebody has gone when the gap is too long on both clocks: few tasks done by others may mean a
    quiet week, and many of them a busy one.
    """

    def __init__(
        self,
        usual: Absences,
        run_length: float,
        start: float = 0.0,
        gone: np.ndarray | None = None,
    ) -> None:
        people = len(usual.share)
        self._limits = usual.limits(run_length)
        self._seen = np.full(people, start)
        self._tasks_at = np.zeros(people)
        self._tasks = 0
        self._look = start
        self.gone = np.zeros(people, bool) if gone is None else gone.copy()

    def see(self, moment: float, resource: int) -> Alarm | None:
        """``resource`` has done a task at ``moment``; an alarm where somebody else has not."""
        self._tasks += 1
        self._seen[resource], self._tasks_at[resource] = moment, self._tasks
        if self.gone[resource]:
            self.gone[resource] = False
            self._look = min(self._look, moment + self._limits[resource, 0])
            return Alarm(moment, moment, STAFF, resource=resource, factor=float("inf"))
        if moment < self._look:
            return None
        # Nobody can be missed before the first limit in hours is reached.
        due = np.where(self.gone, np.inf, self._seen + self._limits[:, 0])
        late = self._tasks - self._tasks_at > self._limits[:, 1]
        long = (due < moment) & late
        self._look = float(due.min()) if not (due < moment).any() else moment
        if not long.any():
            return None
        missing = int(np.flatnonzero(long)[np.argmin(self._seen[long])])
        self.gone[missing] = True
        return Alarm(moment, float(self._seen[missing]), STAFF, resource=missing, factor=0.0)
