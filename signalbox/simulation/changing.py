"""Episodes in which the process changes, under a policy that is told or is not."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.learning.allocation.policy import Policy
from signalbox.simulation.episode import CASES, Episode, beliefs_of
from signalbox.simulation.process import Process
from signalbox.simulation.running import Running

# What happens from which hour on; the first from hour 0.
Course = Sequence[tuple[float, Process]]


def run_changing(
    course: Course,
    known: Process,
    policy: Policy,
    seed: int,
    *,
    told: bool,
    cases: int = CASES,
) -> Episode:
    """Simulate ``cases`` cases of a process that changes.

    Args:
        course: what really happens, from which hour on.
        known: what the policy holds true where it is not ``told``.
        policy: who decides, all the time.
        seed: of everything random, as in ``run_episode``.
        told: the policy knows each process from its first moment on.
    """
    people = known.resources
    first = course[0][1].placed(people)
    running = Running(first, policy, seed, beliefs_of(first if told else known), cases)
    for moment, process in course[1:]:
        running.until(moment)
        running.change(process)
        if told:
            running.decide(policy, beliefs_of(process.placed(people)))
    running.until()
    return running.result()
