"""Change detection on what a running engine sees: tasks done, cases come, who is at work.

Nothing here knows a simulator: what is seen comes in one by one, in the order of time.
"""

from __future__ import annotations

import numpy as np

from signalbox.learning.allocation.alarm import Alarm
from signalbox.learning.allocation.arrivals import ArrivalWatch
from signalbox.learning.allocation.estimates import LearnedMeans
from signalbox.learning.allocation.speed_watch import AtWork, Ruler, SpeedWatch
from signalbox.learning.allocation.staff import Absences, StaffWatch
from signalbox.learning.allocation.task import Task

RUN_LENGTH = 50_000.0
# Somebody who was only away comes back and undoes it: less is at stake than in being slow to see.
STAFF_RUN_LENGTH = 10_000.0
# Speeds and arrivals have a half each of the false alarms.
_PARTS = 2
_CASES_SEEN = 10_000.0


class ChangeWatch:
    """Looks for a change of speeds, of the load, and of who is there.

    Args:
        means: what is known of the mean service times.
        interarrival: mean time between two cases, in hours.
        usual: absences to be expected of everybody.
        run_length: mean number of tasks and cases until a false alarm of speeds or arrivals.
        staff_run_length: mean number of tasks until somebody is missed who has not gone.
        start: the moment from which things are seen, in hours.
        ruler: for service times that are not exponential.

    After an alarm the part that raised it is to be given its new reference, by one of the
    ``expect_…`` methods; the others go on as they were.
    """

    def __init__(
        self,
        means: LearnedMeans,
        interarrival: float,
        usual: Absences,
        *,
        run_length: float = RUN_LENGTH,
        staff_run_length: float = STAFF_RUN_LENGTH,
        start: float = 0.0,
        ruler: Ruler | None = None,
    ) -> None:
        self._each = _PARTS * run_length
        self._missed = staff_run_length
        self._ruler = ruler
        self._speeds = SpeedWatch(means, self._each, start, ruler)
        self._arrivals = ArrivalWatch(interarrival, self._each, start, _CASES_SEEN)
        self._staff = StaffWatch(usual, staff_run_length, start)

    @property
    def gone(self) -> np.ndarray:
        """Who is held to have gone, bool [R]."""
        return self._staff.gone.copy()

    def done(self, task: Task, at_work: AtWork | None = None) -> Alarm | None:
        """Somebody has done ``task``.

        ``at_work`` tells, when asked, the tasks under way, [m, 4]: moment of the start, activity,
        resource, hours so far. Without it quick tasks of a busy hour are more often taken for a
        change.
        """
        missing = self._staff.see(task.moment, task.resource)
        return self._speeds.see(task, at_work) or missing

    def came(self, moment: float) -> Alarm | None:
        """A case has arrived."""
        return self._arrivals.see(moment)

    def expect_means(self, means: LearnedMeans, moment: float) -> None:
        """From ``moment`` on these are what is known of the means."""
        self._speeds = SpeedWatch(means, self._each, moment, self._ruler)

    def expect_arrivals(self, interarrival: float, seen: float, moment: float) -> None:
        """From ``moment`` on cases come at this mean distance, known from ``seen`` of them."""
        self._arrivals = ArrivalWatch(interarrival, self._each, moment, seen)

    def expect_absences(self, usual: Absences, moment: float) -> None:
        """From ``moment`` on these are usual; who has gone stays so."""
        self._staff = StaffWatch(usual, self._missed, moment, self._staff.gone)
