"""A process and the state of one episode of it, as the compiled event loop holds them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from signalbox.learning.allocation.view import View
from signalbox.simulation.process import Process

ABSENT, FREE, BUSY = range(3)
(ARRIVED, FINISHED, TOKENS, RUNNING, ABORTED) = range(5)
(BUSY_HOURS, SHIFT_HOURS, WAIT_HOURS, PRESENT_HOURS, LAST, SERVICE_HOURS) = range(6)


class Plant(NamedTuple):
    """The arrays of a `Process`, in the order the compiled code takes them."""

    means: np.ndarray
    instant: np.ndarray
    schedule: np.ndarray
    weights: np.ndarray
    interarrival: float
    first: np.ndarray
    cumulative: np.ndarray
    begin: np.ndarray
    edges: np.ndarray
    target: np.ndarray
    need: np.ndarray


class State(NamedTuple):
    """Everything that changes during an episode.

    A token is one task from the moment it may be worked on until it is done; a place of the token
    arrays is used again once it is free.
    """

    seen: View
    status: np.ndarray  # int64 [R]: ABSENT, FREE, BUSY
    place: np.ndarray  # int64 [R]: position in seen.idle
    ends: np.ndarray  # float64 [R]: heap of the times at which the busy end
    who: np.ndarray  # int64 [R]: and who they are
    work: np.ndarray  # int64 [R]: token a busy resource works on
    ranks: np.ndarray  # float64 [J, T]: heap of what waits for each activity, oldest case first
    queued: np.ndarray  # int64 [J, T]: its tokens
    token_case: np.ndarray  # int64 [T]
    token_activity: np.ndarray  # int64 [T]
    token_step: np.ndarray  # int64 [T]
    token_since: np.ndarray  # float64 [T]
    unused: np.ndarray  # int64 [T]: stack of free places
    arrival: np.ndarray  # float64 [N]
    live: np.ndarray  # int64 [N]: tokens of a case, at work, waiting or at a join
    steps: np.ndarray  # int64 [N]: draws made for a case
    cycle: np.ndarray  # float64 [N]: hours from arrival to end, NaN until then
    joined: np.ndarray  # int64 [N, G], or [1, G] where nothing is joined
    tally: np.ndarray  # int64 [5]: ARRIVED, FINISHED, TOKENS (in use), RUNNING, ABORTED
    served: np.ndarray  # int64 [J, R]: tasks done
    hours: np.ndarray  # float64 [J, R]: and how long they took together
    total: np.ndarray  # float64 [6]: BUSY_HOURS … SERVICE_HOURS


def plant_of(process: Process) -> Plant:
    """The compiled view of ``process``."""
    routing = process.routing
    return Plant(
        means=process.means,
        instant=process.instant,
        schedule=process.schedule,
        weights=process.weights,
        interarrival=float(process.interarrival),
        first=routing.first,
        cumulative=routing.cumulative,
        begin=routing.begin,
        edges=routing.edges,
        target=routing.target,
        need=routing.need,
    )


@njit
def fresh(plant: Plant, cases: int) -> State:
    """The state before the first arrival: everybody on shift and free."""
    activities, resources = plant.means.shape
    widest = 1
    for a in range(len(plant.begin) - 1):
        widest = max(widest, plant.begin[a + 1] - plant.begin[a])
    tokens = cases * widest * (1 if widest == 1 else activities)
    joins = cases if (plant.need > 1).any() else 1
    view = View(
        np.zeros(activities, np.int64),
        np.zeros(activities),
        np.zeros(activities),
        np.arange(resources),
        np.zeros(activities),
        np.zeros(4, np.int64),
        np.zeros(1),
    )
    view.counts[0] = resources
    view.counts[1] = resources
    return State(
        view,
        np.full(resources, FREE, np.int64),
        np.arange(resources),
        np.zeros(resources),
        np.zeros(resources, np.int64),
        np.zeros(resources, np.int64),
        np.zeros((activities, tokens)),
        np.zeros((activities, tokens), np.int64),
        np.zeros(tokens, np.int64),
        np.zeros(tokens, np.int64),
        np.zeros(tokens, np.int64),
        np.zeros(tokens),
        np.arange(tokens),
        np.zeros(cases),
        np.zeros(cases, np.int64),
        np.zeros(cases, np.int64),
        np.full(cases, np.nan),
        np.zeros((joins, len(plant.target)), np.int64),
        np.zeros(5, np.int64),
        np.zeros(plant.means.shape, np.int64),
        np.zeros(plant.means.shape),
        np.zeros(6),
    )
