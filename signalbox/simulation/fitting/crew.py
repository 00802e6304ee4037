"""People for work the log names nobody for: one pooled crew, as large as the work needs."""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np

from signalbox.simulation.fitting.work import Work

_MOST = 200
NAME = "crew"


def with_crew(work: Work, instant: np.ndarray) -> Work:
    """The events with somebody for each that takes time; ``instant`` is bool [J].

    Events without a resource go, in order of their beginning, to the member of the crew who has
    been free longest, or to a new one: the crew is as large as the most tasks ever open at once.
    """
    alone = np.flatnonzero((work.resource < 0) & ~instant[work.activity])
    if not len(alone):
        return work
    taken, names = work.resource.copy(), list(work.resources)
    free: list[tuple[float, int]] = []
    members = 0
    for i in alone[np.argsort(work.begun[alone], kind="stable")]:
        if free and (free[0][0] <= work.begun[i] or members >= _MOST):
            _, member = heapq.heappop(free)
        else:
            member = members
            members += 1
        taken[i] = len(names) + member
        heapq.heappush(free, (float(work.ended[i]), member))
    taken_names = {*names}
    for member in range(members):
        name = f"{NAME} {member + 1}"
        names.append(name if name not in taken_names else f"{name} (unnamed)")
    return replace(work, resource=taken, resources=tuple(names))
