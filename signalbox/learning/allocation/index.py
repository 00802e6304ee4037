"""The index policy: the pair with the highest index goes first, and who is too slow is not asked.

The index of activity ``j`` is linear in the logarithm of its queue, less what its completion adds
to the queues downstream, plus the age of its oldest case; a resource adds its speed and takes off
what else it could do. A pair is refused where the resource is slower than usual by more than the
queue, the backlog, the staff to come and the case's age excuse: a slow worker keeps a task, and a
place on the shift, for as long as ten fast ones. Work is also held for the full hour, when it
decides who stays.
"""

from __future__ import annotations

import math

import numpy as np

from signalbox.learning.allocation.beliefs import Beliefs
from signalbox.learning.allocation.compiled import part
from signalbox.learning.allocation.parameters import (
    AGE,
    AHEAD,
    BACKLOG,
    DOWNSTREAM,
    FLEXIBLE,
    GLOBALS,
    HOLD,
    LEAVING,
    LONG,
    OLD,
    QUEUE,
    SPEED,
    TEAM,
)
from signalbox.learning.allocation.view import DECLINE, IDLE, NOW, ON_SHIFT, WAITING, View

_LOGARITHMS = np.log1p(np.arange(4096.0))


@part
def log_of(count: int) -> float:
    """log(1 + count), from a table: the event loop asks for it at every turn."""
    return _LOGARITHMS[count] if count < len(_LOGARITHMS) else math.log1p(count)


@part
def leaving(view: View, beliefs: Beliefs) -> tuple[float, float]:
    """Share of the free who are sent home at the next full hour: in parts, gone and to come.

    The two parts have the proportion of what has passed of this hour to what is left of it. Who is
    at work at the full hour stays: a reason to give work out just before it, and to hold it before.
    """
    if len(beliefs.wanted) == 0:
        return 0.0, 0.0
    hour = math.floor(view.clock[NOW])
    surplus = view.counts[ON_SHIFT] - beliefs.wanted[int(hour) % len(beliefs.wanted)]
    share = min(max(surplus, 0.0) / max(view.counts[IDLE], 1), 1.0)
    gone = view.clock[NOW] - hour
    return share * gone, share * (1.0 - gone)


@part
def coming(view: View, beliefs: Beliefs) -> float:
    """Logarithm of the staff wanted over the next hours to the staff that is there."""
    if len(beliefs.ahead) == 0:
        return 0.0
    hour = math.floor(view.clock[NOW]) % len(beliefs.ahead)
    return math.log((1.0 + beliefs.ahead[hour]) / (1.0 + view.counts[ON_SHIFT]))


@part
def by_index(view: View, beliefs: Beliefs, parameters: np.ndarray) -> tuple[int, int]:
    """The permitted, not refused pair of the highest index; none where all are refused.

    ``parameters`` is [GLOBALS + BLOCKS·J]. The fastest member of a pool is never refused.
    """
    kinds = len(view.waiting)
    weight, slope = GLOBALS, GLOBALS + kinds
    patience = GLOBALS + 2 * kinds
    going, later = leaving(view, beliefs)
    speed = parameters[SPEED] - parameters[LONG] * going
    backlog = math.log1p(view.counts[WAITING] / max(view.counts[ON_SHIFT], 1))
    excuse = (
        parameters[BACKLOG] * backlog
        + parameters[LEAVING] * going
        - parameters[HOLD] * later
        + parameters[AHEAD] * coming(view, beliefs)
    )
    chosen, by, most = DECLINE, DECLINE, -np.inf
    for j in range(kinds):
        if view.waiting[j] == 0:
            continue
        # Most of what follows is logarithms: not for a queue that nobody free may take from.
        first = 0
        while first < view.counts[IDLE] and beliefs.logs[j, view.idle[first]] == np.inf:
            first += 1
        if first == view.counts[IDLE]:
            continue
        queue = log_of(view.waiting[j])
        age = math.log1p((view.clock[NOW] - view.arrived[j]) / beliefs.scale)
        index = parameters[weight + j] + parameters[slope + j] * queue + parameters[AGE] * age
        if parameters[DOWNSTREAM] != 0.0:
            for k in range(kinds):
                share = beliefs.following[j, k]
                if share > 0.0:
                    ahead = parameters[weight + k]
                    ahead += parameters[slope + k] * log_of(view.waiting[k])
                    index -= parameters[DOWNSTREAM] * share * ahead
        limit = (
            parameters[patience + j] + parameters[QUEUE] * queue + parameters[OLD] * age + excuse
        )
        limit += beliefs.typical[j] - parameters[TEAM] * math.log(max(view.rate[j], 1e-9))
        for i in range(first, view.counts[IDLE]):
            r = view.idle[i]
            slow = beliefs.logs[j, r]
            if slow == np.inf:
                continue
            if slow * (1.0 + parameters[TEAM]) > limit and r != beliefs.best[j]:
                continue
            value = index - speed * slow - parameters[FLEXIBLE] * beliefs.flexible[r]
            if value > most:
                chosen, by, most = j, r, value
    return chosen, by
