"""The policies everybody knows: random, first come first served, shortest and highest ratio."""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.compiled import part
from signalbox.learning.allocation.view import DECLINE, IDLE, NOW, View


@part
def at_random(view: View, beliefs: Beliefs, dice: float) -> tuple[int, int]:
    """Each possible pair of a free resource and a waiting activity with the same probability."""
    pairs = 0
    for i in range(view.counts[IDLE]):
        r = view.idle[i]
        for j in range(len(view.waiting)):
            if view.waiting[j] > 0 and beliefs.means[j, r] < np.inf:
                pairs += 1
    left = int(dice * pairs)
    for i in range(view.counts[IDLE]):
        r = view.idle[i]
        for j in range(len(view.waiting)):
            if view.waiting[j] > 0 and beliefs.means[j, r] < np.inf:
                if left == 0:
                    return j, r
                left -= 1
    return DECLINE, DECLINE


@part
def first_come(view: View, beliefs: Beliefs, dice: float) -> tuple[int, int]:
    """The task of the oldest case that anybody free can do, to one of those at random."""
    oldest, able = DECLINE, 0
    for j in range(len(view.waiting)):
        if view.waiting[j] > 0 and (oldest < 0 or view.arrived[j] < view.arrived[oldest]):
            count = 0
            for i in range(view.counts[IDLE]):
                if beliefs.means[j, view.idle[i]] < np.inf:
                    count += 1
            if count > 0:
                oldest, able = j, count
    left = int(dice * able)
    for i in range(view.counts[IDLE]):
        if oldest >= 0 and beliefs.means[oldest, view.idle[i]] < np.inf:
            if left == 0:
                return oldest, view.idle[i]
            left -= 1
    return DECLINE, DECLINE


@part
def shortest(view: View, beliefs: Beliefs) -> tuple[int, int]:
    """The pair with the shortest mean service time."""
    chosen, by, least = DECLINE, DECLINE, np.inf
    for j in range(len(view.waiting)):
        if view.waiting[j] > 0:
            for i in range(view.counts[IDLE]):
                r = view.idle[i]
                if beliefs.means[j, r] < least:
                    chosen, by, least = j, r, beliefs.means[j, r]
    return chosen, by


@part
def highest_ratio(view: View, beliefs: Beliefs) -> tuple[int, int]:
    """The pair with the highest response ratio: (waited + mean) / mean."""
    chosen, by, most = DECLINE, DECLINE, 0.0
    for j in range(len(view.waiting)):
        if view.waiting[j] > 0:
            waited = view.clock[NOW] - view.since[j]
            for i in range(view.counts[IDLE]):
                r = view.idle[i]
                ratio = (waited + beliefs.means[j, r]) / beliefs.means[j, r]
                if beliefs.means[j, r] < np.inf and ratio > most:
                    chosen, by, most = j, r, ratio
    return chosen, by
