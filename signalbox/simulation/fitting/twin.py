"""The twin of a log: every part fitted, and put together as a process that can be simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from signalbox.learning.allocation.policy import Policy
from signalbox.learning.logs.log import EventLog
from signalbox.simulation.details import Details
from signalbox.simulation.fitting.arrivals import arrival_gaps, arrival_rates
from signalbox.simulation.fitting.calendars import calendars
from signalbox.simulation.fitting.classes import Leaf, classes_of
from signalbox.simulation.fitting.crew import with_crew
from signalbox.simulation.fitting.delays import waits_of, with_delays
from signalbox.simulation.fitting.order import at_once, predecessors
from signalbox.simulation.fitting.routes import in_parallel, in_sequence
from signalbox.simulation.fitting.services import mean_hours, shapes, working_hours
from signalbox.simulation.fitting.starts import with_starts
from signalbox.simulation.fitting.weekly import WEEK
from signalbox.simulation.fitting.work import Work, previous_in_case, work_of
from signalbox.simulation.process import Process
from signalbox.simulation.tasks import FIT_SEED, simulated_tasks

_SECOND = 1.5 / 3600
_INSTANT_SHARE = 0.95
_MOST_STEPS = 1.5
_TIMES, _ALIKE = 3, 0.1
ESTIMATED = (
    "the log tells no beginnings: processing times are estimated from the previous completions of "
    "the case and of the resource, and so are utilisation, cost and the share of waiting"
)
CREW = "the log names nobody for some work: a pooled crew as large as its most open tasks does it"

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A twin, the events it was fitted to, and ``notes`` on what was assumed."""

    process: Process
    work: Work
    notes: list[str]


def fit_twin(
    log: EventLog,
    name: str,
    progress: Progress = lambda what, share: None,
) -> Fitted:
    """The twin of ``log``, in which people take the oldest case first.

    Raises:
        BadInput: too few cases to tell a distribution; ``name`` names the log.
    """
    notes = list(log.notes)
    progress("hours of work", 0.0)
    work = work_of(log, name)
    if not work.known.all():
        notes.append(ESTIMATED)
        work = with_starts(work, calendars(work))
    instant = instant_activities(work)
    if (work.resource < 0).any():
        notes.append(CREW)
        work = with_crew(work, instant)
    on = calendars(work)
    work = replace(work, hours=working_hours(work, on))
    progress("routes", 0.1)
    leaves = _leaves(log, work)
    means = np.where(instant[:, None], np.inf, mean_hours(work))
    # Who only ever "does" what takes no time is nobody: a system, or a name for a milestone.
    people = np.asarray(np.isfinite(means).any(axis=0))
    rates = arrival_rates(work.arrivals)
    waited = predecessors(work, np.zeros((len(work.activities),) * 2, bool))
    routed = in_sequence(work, leaves)
    process = Process(
        name=name,
        activities=work.activities,
        resources=tuple(n for n, is_one in zip(work.resources, people, strict=True) if is_one),
        means=np.ascontiguousarray(means[:, people]),
        instant=instant,
        schedule=np.zeros(0, np.int64),
        weights=np.ones(int(people.sum())),
        interarrival=WEEK / float(rates.sum()),
        routing=routed.routing,
        details=Details(
            rates=rates,
            gaps=arrival_gaps(work.arrivals, rates),
            calendars=np.ascontiguousarray(on[people]),
            services=shapes(work, means),
            classes=tuple(leaf.name for leaf in leaves),
            shares=np.array([leaf.members.mean() for leaf in leaves]),
            priorities=np.zeros(len(leaves)),
            deadlines=np.full(len(leaves), np.inf),
            automatic=instant.copy(),
            # Each task takes two steps; no case does much more than the longest that was seen.
            most_steps=int(2 * _MOST_STEPS * np.diff(work.firsts).max()) + 2,
        ),
    )
    if (parallel := at_once(work)).any():
        ordered = predecessors(work, parallel)
        branched = in_parallel(work, leaves, ordered)
        if _repeats(replace(process, routing=branched.routing), work):
            waited, routed = ordered, branched
            process = replace(process, routing=branched.routing)
    notes += routed.notes
    waits = waits_of(work, routed, waited)
    process = with_delays(
        process,
        waits,
        len(log),
        lambda share: progress("waiting", 0.2 + 0.8 * share),
    )
    return Fitted(process, work, notes)


def _repeats(process: Process, work: Work) -> bool:
    """Whether a routing gives the activities of the log about as often as the log has them.

    Where "at once" is only lots of one case that overtake each other, forks and joins do not.
    """
    cases = len(work.firsts) - 1
    tasks = simulated_tasks(process, Policy("fifo"), FIT_SEED, _TIMES * cases)
    kinds = len(work.activities)
    twin = np.bincount(tasks.activity, minlength=kinds) / _TIMES
    seen = np.bincount(work.activity, minlength=kinds)
    return bool(np.abs(twin - seen).sum() <= _ALIKE * seen.sum())


def instant_activities(work: Work) -> np.ndarray:
    """Activities that take no time, bool [J]: nearly all their events end as soon as they may.

    Where the beginning is not told: as soon as the event before them is completed.
    """
    since = np.where(work.known, work.begun, previous_in_case(work))
    at_once_done = work.ended - since <= _SECOND
    found = np.zeros(len(work.activities), bool)
    for j in range(len(work.activities)):
        found[j] = at_once_done[work.activity == j].mean() >= _INSTANT_SHARE
    return found


def _leaves(log: EventLog, work: Work) -> list[Leaf]:
    paths = work.paths
    attributes = [trace.events[0].attributes for trace in log.traces]
    return classes_of(paths, attributes, len(work.activities))
