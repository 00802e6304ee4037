"""Everybody free and everything that waits, matched at once (Kuhn 1955; Jonker, Volgenant 1987)."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.compiled import apart
from signalbox.learning.allocation.view import DECLINE, IDLE, View

_FORBIDDEN = 1e9
_ROWS = 8


def room_for(activities: int, resources: int) -> int:
    """How many numbers `batch` needs to work with."""
    size = activities * resources
    return size * size + _ROWS * (size + 1)


def matched(costs: np.ndarray) -> np.ndarray:
    """For each row of ``costs`` [n, m], n ≤ m, its column in the matching of least total cost."""
    n, m = costs.shape
    work = np.zeros(_ROWS * (m + 1))
    match(np.ascontiguousarray(costs, float).ravel(), n, m, work)
    return work[:n].astype(np.int64)


@apart
def match(costs: np.ndarray, n: int, m: int, work: np.ndarray) -> None:
    """Match the ``n`` rows of ``costs`` [n·m] to its ``m`` columns; the column of each row is left
    in the first ``n`` places of ``work`` [8·(m+1)].

    Successive shortest paths with potentials, O(n²·m).
    """
    row_price, column_price = work[m + 1 : 2 * m + 2], work[2 * m + 2 : 3 * m + 3]
    taken, back = work[3 * m + 3 : 4 * m + 4], work[4 * m + 4 : 5 * m + 5]
    least, seen = work[5 * m + 5 : 6 * m + 6], work[6 * m + 6 : 7 * m + 7]
    for k in range(m + 1):
        row_price[k] = column_price[k] = taken[k] = back[k] = 0.0
    for row in range(1, n + 1):
        taken[0] = row
        column = 0
        for k in range(m + 1):
            least[k], seen[k] = np.inf, 0.0
        while True:
            seen[column] = 1.0
            here, delta, following = int(taken[column]), np.inf, 0
            for k in range(1, m + 1):
                if seen[k] == 0.0:
                    reduced = costs[(here - 1) * m + k - 1] - row_price[here] - column_price[k]
                    if reduced < least[k]:
                        least[k], back[k] = reduced, column
                    if least[k] < delta:
                        delta, following = least[k], k
            for k in range(m + 1):
                if seen[k] != 0.0:
                    row_price[int(taken[k])] += delta
                    column_price[k] -= delta
                else:
                    least[k] -= delta
            column = following
            if taken[column] == 0.0:
                break
        while column != 0:
            taken[column] = taken[int(back[column])]
            column = int(back[column])
    for k in range(1, m + 1):
        if taken[k] > 0.0:
            work[int(taken[k]) - 1] = k - 1


@apart
def batch(view: View, beliefs: Beliefs, work: np.ndarray) -> tuple[int, int]:
    """One pair of the matching of least total mean time; as many are matched as can be.

    Called again for the rest after each pair, which leaves a least matching a least one. ``work``
    has the room that `room_for` says.
    """
    free, kinds = view.counts[IDLE], len(view.waiting)
    count = 0
    for j in range(kinds):
        count += min(view.waiting[j], free)
    if free == 0 or count == 0:
        return DECLINE, DECLINE
    # Square, so that resources and tasks may each be left over.
    size = max(free, count)
    rest = _ROWS * (size + 1)
    tasks, costs = work[7 * size + 7 : rest], work[rest : rest + size * size]
    count = 0
    for j in range(kinds):
        for _ in range(min(view.waiting[j], free)):
            tasks[count] = j
            count += 1
    for i in range(size):
        for k in range(size):
            costs[i * size + k] = _FORBIDDEN
            if i < free and k < count:
                mean = beliefs.means[int(tasks[k]), view.idle[i]]
                if mean < np.inf:
                    costs[i * size + k] = mean
    match(costs, size, size, work)
    chosen, by, least = DECLINE, DECLINE, _FORBIDDEN
    for i in range(free):
        k = int(work[i])
        if k < count and costs[i * size + k] < least:
            chosen, by, least = int(tasks[k]), view.idle[i], costs[i * size + k]
    return chosen, by
