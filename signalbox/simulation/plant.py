"""A process and the state of one episode of it, as the compiled event loop holds them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from signalbox.learning.allocation.view import View
from signalbox.simulation.either import either
from signalbox.simulation.process import Process

ABSENT, FREE, BUSY, GONE = range(4)
(ARRIVED, FINISHED, TOKENS, RUNNING, ABORTED, LOGGED) = range(6)
(CASE, ACTIVITY, RESOURCE, GROUP, ENABLED, READY, BEGUN, ENDED) = range(8)
(PAUSED, DELAYED, RECORDED) = range(3)
(BUSY_HOURS, SHIFT_HOURS, WAIT_HOURS, PRESENT_HOURS, LAST, SERVICE_HOURS) = range(6)
NEXT_ARRIVAL, NEXT_HOUR = range(2)


class PlantExtra(NamedTuple):
    """The arrays of the `Details` of a process."""

    activity: np.ndarray  # int64 [N]: of each place
    lenient: bool
    hazard: np.ndarray  # float64 [169] or [0]: arrivals expected from Monday until each full hour
    gaps: np.ndarray
    calendars: np.ndarray
    weekly: np.ndarray  # float64 [R] or [0]: hours each resource works in a week
    services: np.ndarray
    delays: np.ndarray
    delay_until: np.ndarray
    delay_clock: np.ndarray  # float64 [169] or [0]: hours of delays passed until each full hour
    delay_of: np.ndarray
    shares: np.ndarray  # float64 [C]: cumulative
    priorities: np.ndarray
    most_steps: int


class StateExtra(NamedTuple):
    """What changes during an episode of a process with `Details`."""

    enabled: np.ndarray  # float64 [T]: when what leads to a task was done
    group: np.ndarray  # int64 [T]: of the routing, through which its token came
    waited: np.ndarray  # float64 [N]: hours the tasks of a case waited for somebody
    kind: np.ndarray  # int64 [N]: class
    held: np.ndarray  # int64 [N], or [1]: tokens of a case at joins
    later: np.ndarray  # float64 [T], or [1] without delays: heap of when the delayed are ready
    delayed: np.ndarray  # int64 [T], or [1]: and their tokens
    paused: np.ndarray  # bool [R]: has a task and is off
    came: np.ndarray  # float64 [R]: when the resource last joined the shift
    paid: np.ndarray  # float64 [R]: hours on shift until it last left
    records: np.ndarray  # float64 [M, 8]: CASE … ENDED of each task; M 0: none are kept
    tallied: np.ndarray  # int64 [3]: PAUSED, DELAYED, RECORDED


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
    extra: Any  # PlantExtra, or () for a plain process


class Orders(NamedTuple):
    """Who decides, and how far an episode goes.

    It has failed at ``last_hour``, or once the cases have spent ``most_hours`` in the process
    together (what they have spent can only grow: a run that passes a bound will never come below it
    again). At ``until`` it stops, to be gone on with. ``afresh`` asks the policy before anything
    else has happened, as is right after a change of policy, and would otherwise be one asking more
    than without the stop.
    """

    code: int
    parameters: np.ndarray
    seed: int
    last_hour: float
    most_hours: float
    until: float
    afresh: bool


class State(NamedTuple):
    """Everything that changes during an episode.

    A token is one task from the moment it may be worked on until it is done; a place of the token
    arrays is used again once it is free.
    """

    seen: View
    status: np.ndarray  # int64 [R]: ABSENT … GONE
    place: np.ndarray  # int64 [R]: position in seen.idle
    ends: np.ndarray  # float64 [R]: heap of the times at which the busy end
    who: np.ndarray  # int64 [R]: and who they are
    work: np.ndarray  # int64 [R]: token a busy resource works on
    lasts: np.ndarray  # float64 [R]: and for how many hours
    leaves: np.ndarray  # bool [R]: and goes for good after it
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
    tally: np.ndarray  # int64 [6]: ARRIVED, FINISHED, TOKENS (in use), RUNNING, ABORTED, LOGGED
    served: np.ndarray  # int64 [J, R]: tasks done
    hours: np.ndarray  # float64 [J, R]: and how long they took together
    total: np.ndarray  # float64 [6]: BUSY_HOURS … SERVICE_HOURS
    agenda: np.ndarray  # float64 [2]: NEXT_ARRIVAL, NEXT_HOUR
    log: np.ndarray  # float64 [L, 4]: moment, activity, resource, hours of each task done
    races: np.ndarray  # float64 [R]: who comes, or goes, first at a full hour
    instants: np.ndarray  # int64 [P]: room for the places passed at once, P of all places
    extra: Any  # StateExtra, or () for a plain process


def plant_of(process: Process, *, detailed: bool = False) -> Plant:
    """The compiled view of ``process``; ``detailed``: with extra arrays even where it is plain."""
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
        extra=() if process.is_plain and not detailed else _extra_of(process),
    )


def _passed(rates: np.ndarray) -> np.ndarray:
    """What has come until each full hour of a week, [169], of so much an hour; [0] of nothing."""
    return np.concatenate([[0.0], np.cumsum(rates)]) if len(rates) else np.zeros(0)


def _extra_of(process: Process) -> PlantExtra:
    routing, details = process.routing, process.details
    return PlantExtra(
        activity=routing.activity_of(len(process.activities)),
        lenient=bool(routing.lenient and (routing.need > 1).any()),
        hazard=_passed(details.rates),
        gaps=details.gaps,
        calendars=details.calendars,
        weekly=details.calendars.sum(axis=1).astype(float),
        services=details.services,
        delays=details.delays,
        delay_until=details.delay_until,
        delay_clock=_passed(details.delay_clock),
        delay_of=details.delay_of,
        shares=np.cumsum(details.shares) / details.shares.sum(),
        priorities=details.priorities,
        most_steps=details.most_steps,
    )


def _nothing(plant: Plant, cases: int, tokens: int, records: int) -> tuple[()]:
    return ()


def _state_extra(plant: Plant, cases: int, tokens: int, records: int) -> StateExtra:
    resources = plant.means.shape[1]
    put_off = tokens if len(plant.extra.delay_of) > 0 else 1
    return StateExtra(
        np.zeros(tokens),
        np.zeros(tokens, np.int64),
        np.zeros(cases),
        np.zeros(cases, np.int64),
        np.zeros(cases if (plant.need > 1).any() else 1, np.int64),
        np.zeros(put_off),
        np.zeros(put_off, np.int64),
        np.zeros(resources, np.bool_),
        np.zeros(resources),
        np.zeros(resources),
        np.zeros((records, 8)),
        np.zeros(3, np.int64),
    )


_extra = either(_nothing, _state_extra, makes_arrays=True)


@njit
def fresh(plant: Plant, cases: int, logged: int, records: int) -> State:
    """The state before the first arrival: everybody on shift and free.

    The log has room for ``logged`` tasks, the records of a process with details for ``records``;
    with 0 none are kept.
    """
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
        np.zeros(resources),
        np.zeros(resources, np.bool_),
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
        np.zeros(6, np.int64),
        np.zeros(plant.means.shape, np.int64),
        np.zeros(plant.means.shape),
        np.zeros(6),
        np.zeros(2),
        np.zeros((logged, 4)),
        np.zeros(resources),
        np.zeros(len(plant.first), np.int64),
        _extra(plant, cases, tokens, records),
    )
