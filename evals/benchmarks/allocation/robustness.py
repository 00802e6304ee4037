"""What a change does to a tuned policy: more or fewer cases, a key worker gone, other speeds.

Run ``python -m evals.benchmarks.allocation.robustness --scenario FILE --json``. ``stale`` is the
index policy tuned before the change and never told of it. ``refit`` starts as the same, finds the
change in what it sees of each episode, and goes on with what it learns from it there, and with
parameters tuned on the twin of one more episode, of a seed of its own, in which it did the same.
``spt`` knows the new mean times from the moment of the change on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np

from evals.benchmarks.allocation.changes import Change, changes
from evals.benchmarks.allocation.command import Options, run
from evals.benchmarks.allocation.figures import difference, figures
from signalbox.learning.allocation.alarm import Alarm
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.staff import Absences
from signalbox.simulation.changing import run_changing
from signalbox.simulation.episode import Episode
from signalbox.simulation.logged import LOG_SEED, usual_absences
from signalbox.simulation.process import Process
from signalbox.simulation.refitting import Answer, Followed, Held, run_refitting
from signalbox.simulation.twin import tuned_index

T = TypeVar("T")

# Above the seeds of the logs, below those of the searches.
TUNED_ON = LOG_SEED + 1000


def robustness(process: Process, options: Options) -> dict[str, Any]:
    """Change → figures of each policy, and how far ``refit`` is ahead."""

    def tuned_before() -> list[float]:
        return [float(p) for p in tuned_index(process, options.tuning).parameters]

    found = options.part(f"{process.name} before", tuned_before)
    stale = Policy("index", np.array(found))
    usual = usual_absences(process, stale, process.resources)
    return {
        change.name: options.part(
            f"{process.name} {change.name}",
            partial(changed, process, change, stale, usual, options),
        )
        for change in changes(process, options.seed)
    }


def changed(
    process: Process, change: Change, stale: Policy, usual: Absences, options: Options
) -> dict[str, Any]:
    """The figures of one change."""

    def stay(alarm: Alarm, held: Held) -> Answer:
        return Answer(stale)

    tuned_on = run_refitting(change.course, process, stale, usual, stay, TUNED_ON)
    twin, learned = tuned_on.held.process()
    renewed = tuned_index(
        twin,
        options.tuning,
        learned=learned,
        label=f"{process.name} {change.name}",
        start=stale.parameters,
    )
    later = Answer(renewed, usual_absences(twin, renewed, process.resources))

    def refit(seed: int) -> Followed:
        now = Answer(stale)

        def answer(alarm: Alarm, held: Held) -> Answer:
            nonlocal now
            if change.named_by(alarm) and now is not later:
                now = later
                return later
            return Answer(now.policy)

        return run_refitting(change.course, process, stale, usual, answer, seed)

    def plain(policy: Policy, told: bool) -> list[Episode]:
        def one(seed: int) -> Episode:
            return run_changing(change.course, process, policy, seed, told=told)

        return _all(one, options)

    followed = _all(refit, options)
    runs = {
        "fifo": plain(Policy("fifo"), True),
        "spt": plain(Policy("spt"), True),
        "stale": plain(stale, False),
        "refit": [one.episode for one in followed],
    }
    return {
        **{name: figures(some) for name, some in runs.items()},
        "refit_less": {name: difference(runs["refit"], runs[name]) for name in list(runs)[:3]},
        "detection": _detection(change, followed),
    }


def _all(one: Callable[[int], T], options: Options) -> list[T]:
    with ThreadPoolExecutor(options.jobs) as pool:
        return list(pool.map(one, options.seeds))


def _detection(change: Change, followed: Sequence[Followed]) -> dict[str, Any]:
    """In how many episodes it was found, after how long, and what was found that was not there."""
    first = [next((a for a in one.alarms if change.named_by(a)), None) for one in followed]
    delays = [alarm.moment - change.at for alarm in first if alarm]
    false = sum(alarm.moment < change.at for one in followed for alarm in one.alarms)
    return {
        "found": len(delays) / len(followed),
        "median_delay_hours": float(np.median(delays)) if delays else None,
        "median_error_since_hours": (
            float(np.median([alarm.since - change.at for alarm in first if alarm]))
            if delays
            else None
        ),
        "false_before_per_episode": false / len(followed),
        "other_after_per_episode": sum(
            alarm.moment >= change.at and not change.named_by(alarm)
            for one in followed
            for alarm in one.alarms
        )
        / len(followed),
    }


def main(arguments: list[str] | None = None) -> int:
    """Every process of the files; JSON on stdout."""
    return run(arguments, __doc__ or "", robustness)


if __name__ == "__main__":
    raise SystemExit(main())
