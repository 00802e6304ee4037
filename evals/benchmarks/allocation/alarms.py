"""How often a change is found where there is none, beside the rate that was asked for.

Run ``python -m evals.benchmarks.allocation.alarms --scenario FILE --json``. Every episode is
watched as it goes, under the policy that gives the shortest task out first; nothing changes in it.
After a false alarm the part that raised it starts again.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from evals.benchmarks.allocation.command import Options, run, say
from signalbox.learning.allocation.alarm import ARRIVALS, SPEEDS, STAFF
from signalbox.learning.allocation.change import ChangeWatch
from signalbox.learning.allocation.policy import Policy
from signalbox.learning.allocation.speed_watch import known_means
from signalbox.simulation.logged import usual_absences
from signalbox.simulation.process import Process
from signalbox.simulation.refitting import look
from signalbox.simulation.running import Running

# Low enough that false alarms can be counted in an afternoon.
STATED = 2000.0
_POLICY = Policy("spt")
_SURE = 3.0


def alarms(process: Process, options: Options) -> dict[str, Any]:
    """Alarms and things seen of each kind, and the mean number of these to an alarm."""
    usual = usual_absences(process, _POLICY, process.resources)
    known = known_means(process.means)
    raised: Counter[str] = Counter()
    tasks = cases = 0
    for seed in options.seeds:
        if seed % 10 == 0:
            say(f"{process.name}: seed {seed}")
        watch = ChangeWatch(
            known, process.interarrival, usual, run_length=STATED, staff_run_length=STATED
        )
        running, seen = Running(process, _POLICY, seed), (0, 0)
        running.until()
        tasks, cases = tasks + len(running.services), cases + len(running.arrivals)
        while True:
            alarm, seen = look(watch, running, seen)
            if alarm is None:
                break
            # Somebody back at work is the end of a false alarm, and not another one.
            raised[alarm.what] += alarm.factor != float("inf")
            if alarm.what == SPEEDS:
                watch.expect_means(known, alarm.moment)
            elif alarm.what == ARRIVALS:
                watch.expect_arrivals(process.interarrival, 10_000.0, alarm.moment)
    return {
        what: {"alarms": raised[what], "seen": seen_of, **_rate(raised[what], seen_of)}
        for what, seen_of in ((SPEEDS, tasks), (ARRIVALS, cases), (STAFF, tasks))
    }


def _rate(raised: int, seen: int) -> dict[str, Any]:
    """The run length, or its lower 95 % limit where there was no alarm (the rule of three)."""
    return {
        "stated": STATED,
        "run_length": seen / raised if raised else None,
        "at_least": None if raised else seen / _SURE,
    }


def main(arguments: list[str] | None = None) -> int:
    """Every process of the files; JSON on stdout."""
    return run(arguments, __doc__ or "", alarms)


if __name__ == "__main__":
    raise SystemExit(main())
