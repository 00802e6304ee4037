"""An episode in which the engine finds out by itself what has changed, and goes on accordingly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from signalbox.learning.allocation.alarm import ARRIVALS, SPEEDS, Alarm
from signalbox.learning.allocation.beliefs import Beliefs, believe
from signalbox.learning.allocation.change import RUN_LENGTH, ChangeWatch
from signalbox.learning.allocation.estimates import LearnedMeans
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.refit import interarrival_since, means_since
from signalbox.learning.allocation.speed_watch import known_means
from signalbox.learning.allocation.staff import Absences
from signalbox.learning.allocation.task import Task
from signalbox.simulation.changing import Course
from signalbox.simulation.episode import CASES, Episode
from signalbox.simulation.process import Process
from signalbox.simulation.running import Running

_STRIDE_CASES = 100


@dataclass(slots=True)
class Held:
    """What is held true of a process: as it was ``known``, but for what has been learned since."""

    known: Process
    means: np.ndarray = field(init=False)
    interarrival: float = field(init=False)
    gone: np.ndarray = field(init=False)
    learned: LearnedMeans | None = None

    def __post_init__(self) -> None:
        self.means, self.interarrival = self.known.means, self.known.interarrival
        self.gone = np.zeros(len(self.known.resources), bool)

    def beliefs(self) -> Beliefs:
        """As the policy reads them.

        Who has gone is no longer waited for, and given work where it was a mistake.
        """
        known = self.known
        return believe(
            self.means,
            known.successors()[:-1],
            known.visits(),
            known.schedule,
            np.where(self.gone, 0.0, known.weights),
            known.can_be_called & ~self.gone,
        )

    def process(self) -> tuple[Process, LearnedMeans | None]:
        """The twin of that, and what its means are known from where they were learned."""
        stays = ~self.gone
        twin = self.known.with_means(self.means)
        twin = twin.with_load(self.known.interarrival / self.interarrival)
        for r in np.flatnonzero(self.gone)[::-1]:
            twin = twin.without(int(r))
        if self.learned is None:
            return twin, None
        found = self.learned
        return twin, LearnedMeans(
            found.counts[:, stays],
            found.hours[:, stays],
            found.permitted[:, stays],
            found.centre[:, stays],
            found.shape,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Who decides after an alarm, and the absences that are usual then; None: as before."""

    policy: Policy
    usual: Absences | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """An episode, the alarms in it, and what is held true at its end."""

    episode: Episode
    alarms: tuple[Alarm, ...]
    held: Held


def run_refitting(
    course: Course,
    known: Process,
    policy: Policy,
    usual: Absences,
    answer: Callable[[Alarm, Held], Answer],
    seed: int,
    *,
    cases: int = CASES,
    run_length: float = RUN_LENGTH,
) -> Followed:
    """Simulate a process that changes, under an engine that is told nothing but sees its work.

    On an alarm the means, the load or the staff are learned anew from what came since the change;
    the means again each time the time since has doubled.

    Args:
        course: what really happens, from which hour on.
        known: what is held true at first.
        policy: who decides at first.
        usual: absences to be expected at first.
        answer: from an alarm and what is held true then, who decides from now on.
        seed: of everything random, as in ``run_episode``.
        cases: how many arrive.
        run_length: mean number of things seen until a false alarm.
    """
    held, alarms = Held(known), []
    running = Running(course[0][1].placed(known.resources), policy, seed, held.beliefs(), cases)
    watch = ChangeWatch(known_means(known.means), known.interarrival, usual, run_length=run_length)
    changes, seen = list(course[1:]), (0, 0)
    since, again, base = math.nan, math.inf, held.means
    while not running.over:
        stop = running.now + _STRIDE_CASES * held.interarrival
        stop = min(stop, again, changes[0][0] if changes else math.inf)
        before = running.copy()
        running.until(stop)
        alarm, seen = look(watch, running, seen)
        if alarm and alarm.moment < running.now:
            running = before
            running.until(alarm.moment)
        if alarm:
            alarms.append(alarm)
            held.gone = watch.gone
            if alarm.what == SPEEDS:
                since, base, again = alarm.since, held.means, running.now
            elif alarm.what == ARRIVALS:
                _learn_arrivals(held, running, watch, alarm.since)
            told = answer(alarm, held)
            policy = told.policy
            if told.usual is not None:
                watch.expect_absences(told.usual, running.now)
        if running.now >= again:
            learned = means_since(running.services, since, base, running.at_work)
            if learned is not None:
                held.means, held.learned = learned.means, learned
            if alarm and alarm.what == SPEEDS:
                watch.expect_means(learned or known_means(held.means), running.now)
            again = running.now + max(running.now - since, held.interarrival)
            running.decide(policy, held.beliefs())
        elif alarm:
            running.decide(policy, held.beliefs())
        if changes and running.now >= changes[0][0]:
            running.change(changes.pop(0)[1])
    return Followed(running.result(), tuple(alarms), held)


def look(
    watch: ChangeWatch, running: Running, seen: tuple[int, int]
) -> tuple[Alarm | None, tuple[int, int]]:
    """The first alarm on what is new, all in the order of time; how much has been looked at."""
    services, arrivals, under_way = running.services, running.arrivals, running.at_work
    n, m = seen
    while n < len(services) or m < len(arrivals):
        if m < len(arrivals) and (n == len(services) or arrivals[m] <= services[n, 0]):
            alarm = watch.came(float(arrivals[m]))
            m += 1
        else:
            moment, j, r, hours = services[n]
            n += 1
            others = partial(_at_work, services[n:], under_way, float(moment))
            alarm = watch.done(Task(float(moment), int(j), int(r), float(hours)), others)
        if alarm:
            return alarm, (n, m)
    return None, (n, m)


def _learn_arrivals(held: Held, running: Running, watch: ChangeWatch, since: float) -> None:
    cases = running.arrivals
    held.interarrival = interarrival_since(cases, since, running.now, held.interarrival)
    watch.expect_arrivals(held.interarrival, float((cases > since).sum() + 1), running.now)


def _at_work(later: np.ndarray, under_way: np.ndarray, moment: float) -> np.ndarray:
    """The tasks under way at ``moment``, out of those that ended later and those still going."""
    began = later.copy()
    began[:, 0] -= later[:, 3]
    tasks = np.concatenate([began, under_way])
    tasks = tasks[tasks[:, 0] < moment]
    tasks[:, 3] = moment - tasks[:, 0]
    return tasks
