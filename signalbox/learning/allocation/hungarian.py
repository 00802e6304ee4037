"""Everybody free and everything that waits, matched at once (Kuhn 1955; Jonker, Volgenant 1987)."""

from __future__ import annotations

import numpy as np
from numba import njit

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.view import DECLINE, IDLE, View

_FORBIDDEN = 1e9


@njit
def matched(costs: np.ndarray) -> np.ndarray:
    """For each row of ``costs`` [n, m], n ≤ m, its column in the matching of least total cost.

    Successive shortest paths with potentials, O(n²·m).
    """
    n, m = costs.shape
    row_price, column_price = np.zeros(n + 1), np.zeros(m + 1)
    taken, back = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for row in range(1, n + 1):
        taken[0] = row
        column = 0
        least = np.full(m + 1, np.inf)
        seen = np.zeros(m + 1, np.bool_)
        while True:
            seen[column] = True
            here, delta, following = taken[column], np.inf, 0
            for k in range(1, m + 1):
                if not seen[k]:
                    reduced = costs[here - 1, k - 1] - row_price[here] - column_price[k]
                    if reduced < least[k]:
                        least[k], back[k] = reduced, column
                    if least[k] < delta:
                        delta, following = least[k], k
            for k in range(m + 1):
                if seen[k]:
                    row_price[taken[k]] += delta
                    column_price[k] -= delta
                else:
                    least[k] -= delta
            column = following
            if taken[column] == 0:
                break
        while column != 0:
            taken[column] = taken[back[column]]
            column = back[column]
    columns = np.empty(n, np.int64)
    for k in range(1, m + 1):
        if taken[k] > 0:
            columns[taken[k] - 1] = k - 1
    return columns


@njit
def batch(view: View, beliefs: Beliefs) -> tuple[int, int]:
    """One pair of the matching of least total mean time; as many are matched as can be.

    Called again for the rest after each pair, which leaves a least matching a least one.
    """
    free, kinds = view.counts[IDLE], len(view.waiting)
    tasks = np.empty(free * kinds, np.int64)
    count = 0
    for j in range(kinds):
        for _ in range(min(view.waiting[j], free)):
            tasks[count] = j
            count += 1
    if free == 0 or count == 0:
        return DECLINE, DECLINE
    # Square, so that resources and tasks may each be left over.
    size = max(free, count)
    costs = np.full((size, size), _FORBIDDEN)
    for i in range(free):
        for k in range(count):
            mean = beliefs.means[tasks[k], view.idle[i]]
            if mean < np.inf:
                costs[i, k] = mean
    columns = matched(costs)
    chosen, by, least = DECLINE, DECLINE, _FORBIDDEN
    for i in range(free):
        k = columns[i]
        if k < count and costs[i, k] < least:
            chosen, by, least = tasks[k], view.idle[i], costs[i, k]
    return chosen, by
